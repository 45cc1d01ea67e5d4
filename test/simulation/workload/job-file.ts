import { stringify } from 'yaml';
import {
  BAD,
  LABEL,
  type Model,
  type ModelCollection,
  type ModelEmbed,
  type ModelId,
  type ModelNode,
} from './model.js';

const WHERE = {
  even: 'columns.n !== null && columns.n % 2 === 0',
  hasCode: 'columns.code !== null',
  throws: `columns.n === ${BAD} ? bad : true`,
} as const;

const PLAIN = "columns.n + '/' + columns.code";
const LABELS = { plain: PLAIN, throws: `columns.n === ${BAD} ? bad : ${PLAIN}` } as const;

export interface JobFileOptions {
  mode?: 'continuous' | 'snapshot';
  onError?: 'deadLetter' | 'stop';
  stopAfterErrors?: number | undefined;
  maxRetainedBytes?: number | undefined;
}

/** The model as a job file, which production code reads. */
export function jobFileOf(
  { collections }: Pick<Model, 'collections'>,
  job: string,
  { mode = 'continuous', onError = 'deadLetter', stopAfterErrors, maxRetainedBytes }: JobFileOptions = {},
): string {
  const fieldNames = collections[0]?.root.fieldNames;
  return stringify({
    job,
    mode,
    onError,
    ...(stopAfterErrors && { stopAfterErrors }),
    source: { kind: 'postgres', uri: 'postgres://simulated/source', ...(maxRetainedBytes && { maxRetainedBytes }) },
    target: { uri: 'mongodb://simulated', database: 'target' },
    ...(fieldNames && { defaults: { fieldNames } }),
    collections: Object.fromEntries(collections.map((each) => [each.name, collectionOf(each)])),
  });
}

function collectionOf({ id, root }: ModelCollection): object {
  return { table: `public.${root.table}`, ...(id && { id: idOf(id) }), ...detailsOf(root) };
}

function idOf(id: ModelId): string | string[] | object {
  if (id === 'objectId') return { objectId: true };
  if (id === 'computed') return { computed: PLAIN };
  return 'column' in id ? id.column : id.columns;
}

function embedOf({ kind, node, sort, limit, value, flatPrefix }: ModelEmbed): object {
  return {
    [kind]: `public.${node.table}`,
    ...(!node.isInferred && { on: Object.fromEntries(node.on ?? []) }),
    ...(sort && { sort: sort.map(({ column, isDescending }) => `${isDescending ? '-' : ''}${column}`) }),
    ...(limit && { limit }),
    ...(value && { value }),
    ...(flatPrefix !== undefined && { flatten: true, ...(flatPrefix && { prefix: flatPrefix }) }),
    ...detailsOf(node),
  };
}

function detailsOf(node: ModelNode): object {
  const { where, embed, nulls } = node;
  return {
    ...fieldsOf(node),
    ...(nulls && { nulls }),
    ...(where && { where: WHERE[where] }),
    ...(embed.length > 0 && { embed: Object.fromEntries(embed.map((each) => [each.field, embedOf(each)])) }),
  };
}

function fieldsOf({ fields, omitted, renames, types, label }: ModelNode): object {
  if (!omitted?.length && !renames && !types && !label) return fields ? { fields } : {};
  const details = {
    ...(fields && { only: fields }),
    ...(omitted && { omit: omitted }),
    ...(renames && { rename: renames }),
    ...(types && { types }),
    ...(label && { computed: { [LABEL]: LABELS[label] } }),
  };
  return { fields: details };
}
