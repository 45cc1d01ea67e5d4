import { BSON_TYPES, type BsonType } from '#model';
import type { Path } from '../job-file/problem.js';
import { conversionSupport } from '../values/conversion-support.js';
import { sqlName } from './table-names.js';
import type { Report } from './report.js';
import type { TableUse } from './table-use.js';

/** `timestamp(3) with time zone`, and coarser ones. */
const MILLISECONDS = /\([0-3]\)/;

/** Checks what one column's values become, and says what a person should know of it. `path`: of the entry in `types`. */
export function checkConversion(
  table: TableUse,
  column: number,
  type: BsonType | undefined,
  path: Path,
  report: Report,
): void {
  const { name, type: source } = table.column(column);
  const object = `${table.label}.${name}`;
  const support = conversionSupport(source, type);
  if (support === 'impossible') {
    const possible = BSON_TYPES.filter((to) => conversionSupport(source, to) !== 'impossible');
    report.atValue(
      path,
      'TYPE_IMPOSSIBLE',
      `${object} is ${source.name}, whose values cannot become ${String(type)}: it can be ${possible.join(', ')}, or a computed field`,
    );
    return;
  }
  const element = source.kind === 'array' ? source.element : source;
  const isTime = element.kind === 'timestamp' || element.kind === 'timestamptz';
  if (isTime && support === 'lossy') {
    if (MILLISECONDS.test(element.name)) return;
    report.finding('MICROSECONDS_CUT', {
      severity: 'info',
      object,
      message: `${object} is ${source.name}: BSON dates have milliseconds, so microseconds are cut, towards the past`,
      fix: `where they matter: types: { ${name}: string }`,
    });
  } else if (support === 'lossy') {
    report.finding('TYPE_LOSSY', {
      severity: 'warning',
      object,
      message: `${object} is ${source.name}, and ${String(type)} holds not every value of it exactly: the nearest one is written`,
      fix: `remove ${name} from \`types\` where exactness matters`,
    });
  } else if (support === 'fallible' && element.kind === 'numeric' && (type === undefined || type === 'decimal')) {
    numericFinding(table, column, object, report);
  }
}

function numericFinding(table: TableUse, column: number, object: string, report: Report): void {
  const { name, type } = table.column(column);
  report.finding('NUMERIC_MAY_NOT_FIT', {
    severity: 'warning',
    object,
    message: `${object} is ${type.name}: decimal128 has 34 digits, and a number that does not fit exactly becomes a dead letter`,
    fix: `types: { ${name}: string }, or in the source: ALTER TABLE ${sqlName(table.source.schema, table.source.name)} ALTER COLUMN ${sqlName(name)} TYPE numeric(34, <scale>)`,
  });
}

export function generatedFinding(table: TableUse, name: string, report: Report): void {
  report.finding('GENERATED_COLUMN_LEFT_OUT', {
    severity: 'warning',
    object: `${table.label}.${name}`,
    message: `${table.label}.${name} is a generated column: the source's log does not have it, so documents don't either`,
    fix: `compute it: fields: { computed: { ${name}: "…" } }; or say that you know: fields: { omit: [${name}] }`,
  });
}
