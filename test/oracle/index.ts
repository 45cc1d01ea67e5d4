export { compactJson, extendedJson } from './extended-json.js';
export { type OracleJob, type OracleOptions, oracleJob, SIZES } from './oracle-job.js';
export { ORACLE_SQL } from './oracle-sql.js';
