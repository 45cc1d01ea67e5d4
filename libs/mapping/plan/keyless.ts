import { sqlName } from './table-names.js';
import type { Report } from './report.js';
import { keyFaults, type TableUse } from './table-use.js';

/** A table without a key that can serve: in continuous mode its changes cannot be told apart. */
export function keylessFinding(table: TableUse, report: Report): void {
  const sql = sqlName(table.source.schema, table.source.name);
  const [first] = table.source.keys;
  const faults = first ? keyFaults(table.source, first) : [];
  const why = !first
    ? 'it has no primary key, and no unique index over NOT NULL columns'
    : first.deferrable
      ? `its key ${first.name} is deferrable`
      : `its key ${first.name} cannot be used: ${faults.join('; ')}`;
  const fix = !first
    ? `ALTER TABLE ${sql} ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;`
    : first.deferrable
      ? `ALTER TABLE ${sql} DROP CONSTRAINT ${sqlName(first.name)}, ADD PRIMARY KEY (${first.columns.map((column) => sqlName(column)).join(', ')});`
      : `ALTER TABLE ${sql} ${first.primary ? `DROP CONSTRAINT ${sqlName(first.name)}, ` : ''}ADD COLUMN millrace_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;`;
  report.finding('TABLE_WITHOUT_KEY', {
    severity: 'blocker',
    object: table.label,
    message: `${table.label} cannot be followed: ${why}, so its rows cannot be told apart`,
    fix,
  });
}
