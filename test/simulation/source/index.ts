export type { CommitOptions } from './server/commit-steps.js';
export type { ServerOptions } from './server/server.js';
export { StatementFailed } from './server/server-error.js';
export type { SimColumnSpec, SimForeignKeySpec, SimRow, SimTable, SimTableSpec } from './server/table.js';
export type { Alteration } from './server/table-shape.js';
export type { SimTransaction } from './server/transaction.js';
export type { SimType, SimValue } from './server/values.js';
export { type FailOver, SimPostgres } from './sim-postgres.js';
export { SimSource, type SimSourceOptions } from './sim-source.js';
