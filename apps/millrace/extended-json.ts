import { UUID } from 'bson';
import { canonical, entriesOf, jsonText, recordOf, withBsonValues } from '#extended-json';

/** For people: relaxed Extended JSON, a field a line, small things on one line; numbers that would lose something keep their type. */
export function readable(document: unknown, width = LINE_WIDTH): string {
  return render(relax(canonical(document)), '', width);
}

/** One value on one line, cut where it is long. */
export function readableValue(value: unknown, width = 60): string {
  return shortened(relax(withBsonValues(value)), width);
}

/** As `readableValue`, with every type. */
export function typedValue(value: unknown, width = 60): string {
  return shortened(withBsonValues(value), width);
}

function shortened(value: unknown, width: number): string {
  const text = jsonText(value) ?? 'nothing';
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

const LINE_WIDTH = 88;

function render(value: unknown, indent: string, width: number): string {
  const flat = inline(value);
  if (
    value === null ||
    typeof value !== 'object' ||
    isTyped(value) ||
    (flat.length + indent.length <= width && !nested(value))
  )
    return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => inner + render(item, inner, width)).join(',\n')}\n${indent}]`;
  }
  const fields = entriesOf(value).map(
    ([name, field]) => `${inner}${JSON.stringify(name)}: ${render(field, inner, width)}`,
  );
  return `{\n${fields.join(',\n')}\n${indent}}`;
}

/** The document itself and what has arrays or documents inside take a line per field. */
function nested(value: object): boolean {
  return entriesOf(value).some(([, field]) => field !== null && typeof field === 'object' && !isTyped(field));
}

function isTyped(value: object): boolean {
  return entriesOf(value).some(([name]) => name.startsWith('$'));
}

function inline(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  const fields = entriesOf(value).map(([name, field]) => `${JSON.stringify(name)}: ${inline(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** As people know one, and Extended JSON takes it; undefined for other bytes. */
function uuidOf({ base64, subType }: { base64?: string; subType?: string }): object | undefined {
  const bytes = Buffer.from(base64 ?? '', 'base64');
  return subType === '04' && bytes.length === 16 ? { $uuid: new UUID(bytes).toHexString() } : undefined;
}

/** Takes the type off where plain JSON says the same to a person. */
function relax(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(relax);
  const entries = entriesOf(value);
  const [only] = entries;
  if (entries.length === 1 && only) {
    const plain = plainOf(only[0], only[1]);
    if (plain !== undefined) return plain;
    if (only[0].startsWith('$')) return value;
  }
  return recordOf(entries.map(([name, field]) => [name, relax(field)]));
}

function plainOf(type: string, value: unknown): unknown {
  if (type === '$numberInt' || type === '$numberLong' || type === '$numberDouble') {
    const number = Number(value);
    const exact =
      type === '$numberDouble' ? Number.isFinite(number) && !Object.is(number, -0) : Number.isSafeInteger(number);
    return exact ? number : undefined;
  }
  if (value === null || typeof value !== 'object') return undefined;
  if (type === '$binary') return uuidOf(value);
  if (type !== '$date') return undefined;
  const date = new Date(Number((value as { $numberLong?: string }).$numberLong));
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9999 ? { $date: date.toISOString() } : undefined;
}
