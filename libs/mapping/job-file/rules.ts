import type { JobFileCode } from '../mapping.codes.js';
import { collectionNameFault, databaseNameFault, fieldNameFault } from './names.js';
import type { Positions } from './positions.js';
import { formatPath, type Path, type Problem } from './problem.js';

type Raw = Record<string, unknown>;

const ARRAY_KEYS = ['sort', 'limit', 'value'] as const;
const LACKING_KINDS = ['mysql', 'mariadb', 'debezium'];
const SCHEMES: Record<string, RegExp> = { source: /^postgres(ql)?:\/\//i, target: /^mongodb(\+srv)?:\/\//i };

/**
 * The rules of the grammar that a schema cannot say. They look at the plain data, whatever else is wrong with it, so that
 * all mistakes come out at once.
 */
export function ruleProblems(data: unknown, positions: Positions): Problem[] {
  return new Rules(positions).check(data);
}

class Rules {
  private readonly problems: Problem[] = [];

  constructor(private readonly positions: Positions) {}

  check(data: unknown): Problem[] {
    const file = mapOf(data);
    this.source(mapOf(file['source']));
    this.target(mapOf(file['target']), file['job']);
    const collections = mapOf(file['collections']);
    if (file['collections'] !== undefined && isMap(file['collections']) && Object.keys(collections).length === 0) {
      this.add(
        ['collections'],
        'value',
        'NOTHING_MAPPED',
        '`collections` is empty: add a collection, such as `orders: { table: public.orders }`',
      );
    }
    for (const [name, mapping] of Object.entries(collections)) {
      this.collection(name, mapOf(mapping), String(mapOf(file['target'])['database'] ?? ''));
    }
    return this.problems;
  }

  private source(source: Raw): void {
    const kind = source['kind'];
    if (typeof kind === 'string' && LACKING_KINDS.includes(kind)) {
      this.add(
        ['source', 'kind'],
        'value',
        'SOURCE_KIND_NOT_AVAILABLE',
        `this version has no source of kind ${kind} yet: it has postgres`,
      );
    } else {
      this.uri('source', source['uri'], 'postgres://user@host:5432/database');
    }
  }

  private target(target: Raw, job: unknown): void {
    this.uri('target', target['uri'], 'mongodb://host:27017/?replicaSet=rs0');
    const database = target['database'];
    if (typeof database !== 'string' || database === '') return;
    const fault = databaseNameFault(database);
    if (fault) this.add(['target', 'database'], 'value', 'NAME_NOT_ALLOWED', `${fault}: choose another name`);
    else if (database.toLowerCase() === `millrace_${String(job)}`) {
      this.add(
        ['target', 'database'],
        'value',
        'NAME_NOT_ALLOWED',
        `${database} is where this job keeps its own state: choose another name`,
      );
    }
  }

  private uri(part: 'source' | 'target', uri: unknown, example: string): void {
    if (typeof uri !== 'string' || uri === '' || uri.includes('${') || SCHEMES[part]?.test(uri)) return;
    this.add(
      [part, 'uri'],
      'value',
      'JOB_FILE_INVALID_VALUE',
      `\`uri\` of the ${part} is no URI of that kind: it looks like ${example}`,
    );
  }

  private collection(name: string, mapping: Raw, database: string): void {
    const path = ['collections', name];
    const fault = collectionNameFault(name, database);
    if (fault)
      this.add(path, 'key', 'NAME_NOT_ALLOWED', `collection ${JSON.stringify(name)}: ${fault}; choose another name`);
    const id = mapping['id'];
    if (isMap(id) && 'objectId' in id === 'computed' in id) {
      this.add([...path, 'id'], 'value', 'ID_FORM', '`id` as a map is either {objectId: true} or {computed: "…"}');
    }
    this.node(mapping, path);
  }

  private node(mapping: Raw, path: Path): void {
    for (const [name, embed] of Object.entries(mapOf(mapping['embed'])))
      this.embed(name, embed, [...path, 'embed', name]);
    const fields = mapOf(mapping['fields']);
    for (const [column, name] of Object.entries(mapOf(fields['rename']))) {
      if (typeof name === 'string') this.fieldName(name, [...path, 'fields', 'rename', column], 'value');
    }
    for (const name of Object.keys(mapOf(fields['computed'])))
      this.fieldName(name, [...path, 'fields', 'computed', name], 'key');
  }

  private embed(name: string, value: unknown, path: Path): void {
    if (!isMap(value)) return;
    const embed = value;
    const one = 'one' in embed;
    const many = 'many' in embed;
    if (one === many) {
      this.add(
        path,
        'key',
        'EMBED_KIND',
        `embed \`${name}\` ${one ? 'has both `one` and `many`: keep one of them' : 'has no table: name it by `one` (a document) or `many` (an array)'}`,
      );
    }
    if (one && !many) {
      for (const key of ARRAY_KEYS) {
        if (key in embed)
          this.add(
            [...path, key],
            'key',
            'EMBED_KIND',
            `\`${key}\` goes with \`many\`; \`${name}\` embeds \`one\`: remove it, or embed \`many\``,
          );
      }
    }
    if (many && !one && embed['flatten'] === true) {
      this.add(
        [...path, 'flatten'],
        'key',
        'EMBED_KIND',
        `an array cannot be flattened: \`${name}\` embeds \`many\`; remove \`flatten\`, or embed \`one\``,
      );
    }
    if ('prefix' in embed && embed['flatten'] !== true) {
      this.add(
        [...path, 'prefix'],
        'key',
        'EMBED_KIND',
        '`prefix` goes with `flatten: true`: add that, or remove the prefix',
      );
    }
    if ('value' in embed && Object.keys(mapOf(embed['embed'])).length > 0) {
      this.add(
        [...path, 'embed'],
        'key',
        'EMBED_KIND',
        `\`${name}\` is an array of plain values (\`value\`), which cannot hold an embed: remove one of the two`,
      );
    }
    if (embed['flatten'] !== true) this.fieldName(name, path, 'key');
    this.node(embed, path);
  }

  private fieldName(name: string, path: Path, at: 'key' | 'value'): void {
    const fault = fieldNameFault(name);
    if (fault) this.add(path, at, 'NAME_NOT_ALLOWED', `${JSON.stringify(name)}: ${fault}; choose another name`);
  }

  private add(path: Path, at: 'key' | 'value', code: JobFileCode, message: string): void {
    const place = at === 'key' ? this.positions.ofKey(path) : this.positions.ofValue(path);
    this.problems.push({ file: this.positions.file, ...place, path: formatPath(path), code, message });
  }
}

function isMap(value: unknown): value is Raw {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function mapOf(value: unknown): Raw {
  return isMap(value) ? value : {};
}
