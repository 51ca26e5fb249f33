// Starts one service and waits to be killed. Plain Node: it runs the built files.
import { startDockerRegistry } from '@davit/real-services';

const { pid, logFile } = await startDockerRegistry();
console.log(JSON.stringify({ pid, logFile }));
