/**
 * Progress: how far a running step is. Shown, never stored (what is worth keeping is a record in the journal).
 * @module
 */
export type Progress =
  | { readonly type: 'copy.planned'; readonly image: string; readonly bytes: number; readonly blobs: number; readonly present: number }
  | { readonly type: 'copy.blob'; readonly image: string; readonly digest: string; readonly state: 'copying' | 'copied' | 'mounted' | 'skipped'; readonly bytes: number; readonly size: number }
  | { readonly type: 'copy.tag'; readonly image: string; readonly tag: string; readonly digest: string; readonly state: 'put' | 'moved' | 'kept'; /** Null where it did not exist; absent where nobody asked. */ readonly previous?: string | null }
  | { readonly type: 'copy.done'; readonly image: string; readonly digest: string; readonly bytes: number; readonly copied: number; readonly mounted: number; readonly present: number }
  | { readonly type: 'check.planned'; readonly image: string; /** Of the layers that are about to be read. */ readonly bytes: number; readonly blobs: number }
  | { readonly type: 'check.blob'; readonly image: string; readonly digest: string; readonly state: 'reading' | 'read'; readonly bytes: number; readonly size: number }
  | { readonly type: 'request.retry'; readonly host: string; readonly reason: string; readonly waitMs: number; readonly attempt: number; readonly of: number }
  | { readonly type: 'host'; readonly host: string; readonly what: string };
