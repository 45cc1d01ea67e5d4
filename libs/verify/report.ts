/** What a verification found. Every count is of its own kind. */
export interface VerifyReport {
  equal: number;
  different: number;
  missing: number;
  extra: number;
  edited: number;
  deadLetters: number;
  repaired?: number;
  /** The first so many that are not equal; ids and values as Extended JSON. */
  documents: VerifyDocument[];
}

export interface VerifyDocument {
  collection: string;
  id: unknown;
  kind: 'different' | 'missing' | 'extra' | 'edited' | 'deadLetter';
  /** The first field that differs, dotted; for `different` only. */
  path?: string;
  expected?: unknown;
  found?: unknown;
}

/** How far a verification has come. */
export interface VerifyProgress {
  kind: 'verify';
  collection: string;
  documents: number;
  total: number;
}
