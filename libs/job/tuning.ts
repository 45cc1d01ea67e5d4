/** Sizes and numbers of the engine. They decide its pace and memory, never what documents look like. */
export interface Tuning {
  rowsPartitions: number;
  touchesPartitions: number;
  /** Chunks read side by side, ranges of roots built side by side. */
  readers: number;
  chunkRows: number;
  rowsBatchBytes: number;
  rowsBatchRecords: number;
  /** Touches taken in together: many of one root are one assembly. */
  touchesBatchBytes: number;
  /** Under steady light traffic, batches of a partition begin so many ms apart. */
  batchSpacingMs: number;
  rootsPerTransaction: number;
  rootsPerBuildTask: number;
  /** Bytes of rows between reader and stage. */
  loadInFlightBytes: number;
  captureInFlightBytes: number;
}

export const DEFAULT_TUNING: Tuning = {
  rowsPartitions: 2,
  touchesPartitions: 3,
  readers: 2,
  chunkRows: 50_000,
  rowsBatchBytes: 768 * 1024,
  rowsBatchRecords: 256,
  touchesBatchBytes: 1024 * 1024,
  batchSpacingMs: 40,
  rootsPerTransaction: 2_000,
  rootsPerBuildTask: 5_000,
  loadInFlightBytes: 24 * 1024 * 1024,
  captureInFlightBytes: 16 * 1024 * 1024,
};
