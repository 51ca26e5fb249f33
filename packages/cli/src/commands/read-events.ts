/**
 * The records of a promotion as they are now.
 * @module
 */
import { err, ok, type DavitError, type JournalRecord, type Promoter, type PromotionReport, type Result } from '@davit/core';

export async function readEvents(promoter: Promoter, { id, records }: Pick<PromotionReport, 'id' | 'records'>): Promise<Result<readonly JournalRecord[], DavitError>> {
  const opened = await promoter.open(id);
  if (opened.isErr()) return err(opened.error);
  const all: JournalRecord[] = [];
  for await (const record of opened.value.events()) {
    if (record.isErr()) return err(record.error);
    all.push(record.value);
    // What is written from now on is not waited for.
    if (all.length >= records) break;
  }
  return ok(all);
}
