import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
} from 'yaml';
import type { JobFileCode } from '../mapping.codes.js';
import { type Interpolated, interpolate, type Variables } from './interpolate.js';
import { type Place, Positions } from './positions.js';
import { formatPath, type Path, type Problem } from './problem.js';

/** A job file as plain data, not yet validated, with what was wrong with its text. */
export interface ParsedText {
  /** Undefined where the text could not be parsed at all. */
  data: unknown;
  positions: Positions;
  problems: Problem[];
  /** Paths whose value could not be made: they have a problem already. */
  failed: Set<string>;
  secrets: string[];
}

/** More than any job file has; a bound against aliases that multiply. */
const MAX_NODES = 200_000;

/** Parses YAML 1.2, and so JSON, and puts the variables into its scalars (never into keys). */
export function parseText(text: string, fileName: string, variables: Variables): ParsedText {
  return new TextParser(fileName, variables).parse(text);
}

class TextParser {
  private readonly lines = new LineCounter();
  private readonly result: ParsedText;
  private document: Document | undefined;
  private readonly open = new Set<Node>();
  private nodes = 0;

  constructor(
    private readonly file: string,
    private readonly variables: Variables,
  ) {
    this.result = { data: undefined, positions: new Positions(file), problems: [], failed: new Set(), secrets: [] };
  }

  parse(text: string): ParsedText {
    const documents = parseAllDocuments(plainSpaces(text), {
      lineCounter: this.lines,
      prettyErrors: false,
      uniqueKeys: false,
      merge: false,
      logLevel: 'silent',
    });
    const [first, second] = documents;
    for (const document of documents) {
      for (const error of document.errors) {
        this.problem([], this.lines.linePos(error.pos[0]), 'JOB_FILE_SYNTAX', syntaxMessage(error.code, error.message));
      }
    }
    if (second)
      this.problem(
        [],
        this.place(second.contents ?? null),
        'JOB_FILE_SYNTAX',
        'the file holds several documents; a job file is one: remove the `---` line',
      );
    if (this.result.problems.length > 0) return this.result;
    this.document = first as Document | undefined;
    const contents = (first?.contents ?? null) as Node | null;
    this.result.data = this.value(contents, [], undefined);
    return this.result;
  }

  private value(node: Node | null, path: Path, key: Place | undefined): unknown {
    const place = node ? this.place(node) : (key ?? { line: 1, column: 1 });
    const written =
      isScalar(node) && typeof node.value === 'string' ? node.value : isScalar(node) ? node.source : undefined;
    this.result.positions.add(path, { key, value: place, written });
    if (++this.nodes > MAX_NODES) return this.fail(path, place, 'the file is too large: its aliases repeat too much');
    if (isAlias(node)) return this.alias(node, path, key);
    if (isMap(node)) return this.within(node, path, () => this.map(node, path));
    if (isSeq(node)) return this.within(node, path, () => node.items.map((item, i) => this.item(item, [...path, i])));
    if (isScalar(node)) return typeof node.value === 'string' ? this.scalar(node.value, path, place) : node.value;
    return null;
  }

  private item(item: unknown, path: Path): unknown {
    const node = item as Node | null;
    return this.value(node, path, node ? this.place(node) : undefined);
  }

  private alias(node: Node, path: Path, key: Place | undefined): unknown {
    const target = isAlias(node) && this.document ? node.resolve(this.document) : undefined;
    return target
      ? this.value(target, path, key)
      : this.fail(path, this.place(node), 'an alias stands before its anchor');
  }

  private within(node: Node, path: Path, read: () => unknown): unknown {
    if (this.open.has(node))
      return this.fail(
        path,
        this.place(node),
        'a cycle without a cut: this anchor contains itself, so its embeds never end; write out what is embedded, as deep as it shall go',
      );
    this.open.add(node);
    try {
      return read();
    } finally {
      this.open.delete(node);
    }
  }

  private map(node: YAMLMap, path: Path): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    const merged: Record<string, unknown>[] = [];
    const seen = new Map<string, Place>();
    for (const pair of node.items) {
      const key = keyText(pair);
      const place = this.place(pair.key as Node | null);
      const earlier = seen.get(key);
      seen.set(key, place);
      if (earlier || key === '__proto__') {
        const message = earlier
          ? `\`${key}\` stands twice here, first in line ${earlier.line}: remove or rename one of them`
          : '`__proto__` cannot be a name here: choose another one';
        this.problem([...path, key], place, earlier ? 'JOB_FILE_DUPLICATE_KEY' : 'NAME_NOT_ALLOWED', message);
      } else if (key === '<<') {
        merged.push(...this.merge(pair, path, place));
      } else {
        map[key] = this.value(pair.value as Node | null, [...path, key], place);
      }
    }
    return Object.assign({}, ...merged.reverse(), map) as Record<string, unknown>;
  }

  /** `<<: *anchor`, or a list of them, the first winning. What is in the map itself wins over all. */
  private merge(pair: Pair, path: Path, place: Place): Record<string, unknown>[] {
    const value = this.value(pair.value as Node | null, path, place);
    const maps = Array.isArray(value) ? value : [value];
    if (maps.every((map) => map !== null && typeof map === 'object' && !Array.isArray(map))) return maps;
    this.problem(
      path,
      place,
      'JOB_FILE_SYNTAX',
      '`<<` merges a map or a list of maps: name an anchor, as in `<<: *anchor`',
    );
    return [];
  }

  private scalar(text: string, path: Path, place: Place): unknown {
    const result = interpolate(text, this.variables, { expression: isExpression(path) });
    this.result.secrets.push(...result.secrets);
    for (const failure of result.failures) this.failure(failure, path, place);
    return result.text;
  }

  private failure(failure: Interpolated['failures'][number], path: Path, place: Place): void {
    this.result.failed.add(JSON.stringify(path));
    switch (failure.kind) {
      case 'unset':
        return this.problem(
          path,
          place,
          'JOB_FILE_UNSET_VARIABLE',
          `${failure.name} is not set: set it, or ${failure.name}_FILE, or write \${${failure.name}:-default} (a literal \${ is written $\${)`,
        );
      case 'unreadable':
        return this.problem(
          path,
          place,
          'JOB_FILE_SECRET_FILE',
          `the file that ${failure.variable} names cannot be read (${failure.reason}): give the path of a file that this user may read`,
        );
      case 'malformed':
        return this.problem(
          path,
          place,
          'JOB_FILE_SYNTAX',
          `${failure.written} is no variable: write \${NAME} or \${NAME:-default}, and $\${ for a literal \${`,
        );
    }
  }

  private fail(path: Path, place: Place, message: string): undefined {
    this.result.failed.add(JSON.stringify(path));
    this.problem(path, place, 'JOB_FILE_SYNTAX', message);
    return undefined;
  }

  private place(node: Node | null): Place {
    const { line, col } = this.lines.linePos(node?.range?.[0] ?? 0);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  private problem(path: Path, place: Place | { line: number; col: number }, code: JobFileCode, message: string): void {
    const column = 'column' in place ? place.column : place.col;
    this.result.problems.push({ file: this.file, line: place.line, column, path: formatPath(path), code, message });
  }
}

/** JSON may be indented by tabs, YAML may not; a tab inside a JSON string is not JSON either. */
function plainSpaces(text: string): string {
  const json = /^\s*\{\s*"/.test(text);
  return json ? text.replaceAll('\t', ' ') : text;
}

/** Keys are names, whatever YAML would make of `on`, `null` or `1`. */
function keyText(pair: Pair): string {
  if (isScalar(pair.key))
    return typeof pair.key.value === 'string' ? pair.key.value : (pair.key.source ?? String(pair.key.value));
  return String(pair.key ?? '');
}

function isExpression(path: Path): boolean {
  return path.at(-1) === 'where' || path.at(-1) === 'computed' || path.at(-2) === 'computed';
}

/** The parser's messages that quote the file, where a secret may stand. */
const QUOTING = /(YAML stream|Not a YAML token): .*$/s;

function syntaxMessage(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'a tab cannot indent YAML: use spaces';
  if (code === 'MULTIPLE_DOCS') return 'the file holds several documents; a job file is one: remove the `---` line';
  return `not valid YAML or JSON: ${message.replace(QUOTING, '$1')}`;
}
