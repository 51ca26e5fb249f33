/**
 * Who holds which port on the host; changes nothing.
 * @module
 */
import { inspectFunction, runningContainers } from './inspect.js';
import { prelude, type Place } from './prelude.js';

/** Wants `inspect_all`. Steps `listening` or, where there is no `ss`, `kernel`: listeners. Step `published`: what containers publish. */
export const portsPart = `step listening ss -Hlntup
[ "$davit_rc" -eq 0 ] || { kernel() { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; }; step kernel kernel; }
${runningContainers}`;

export const portsScript = (place: Place): string => [prelude(place), inspectFunction, portsPart].join('\n');
