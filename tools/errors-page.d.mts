import type { ErrorCodeEntry } from '@davit/core';

export function errorsPage(families: Readonly<Record<string, Readonly<Record<string, ErrorCodeEntry>>>>): string;
