import type { Random } from '../kernel/index.js';
import type { ModelCollection, ModelEmbed, ModelNode } from './model.js';

type Change = (node: ModelNode, embed: ModelEmbed | undefined) => void;

/** The collection as another job file has it, of the same root rows: something of it is left out, shown in another way or taken in. */
export function changedMapping(random: Random, collection: ModelCollection): ModelCollection {
  const changed = structuredClone(collection);
  const places = [...placesIn(changed.root, undefined)];
  const { node, embed } = random.one(places.filter((place) => changesOf(place.node, place.embed).length > 0)) as Place;
  random.one(changesOf(node, embed))(node, embed);
  return changed;
}

interface Place {
  node: ModelNode;
  /** That it is embedded by. */
  embed: ModelEmbed | undefined;
}

function* placesIn(node: ModelNode, embed: ModelEmbed | undefined): Generator<Place> {
  yield { node, embed };
  for (const each of node.embed) yield* placesIn(each.node, each);
}

/** Each makes a difference to the plan. */
function changesOf({ embed: nested }: ModelNode, embed: ModelEmbed | undefined): Change[] {
  const changes: Change[] = [];
  // Of an array of values a row shows that one alone; beside the fields of its parent it may be there already.
  if (embed?.value === undefined && embed?.flatPrefix !== '') changes.push(label);
  if (embed === undefined) changes.push(showNulls);
  if (nested.length > 0) changes.push((node) => void node.embed.pop());
  if (embed?.kind === 'many') changes.push(limit);
  return changes;
}

const label: Change = (node) => {
  if (node.label) delete node.label;
  else node.label = 'plain';
};

const showNulls: Change = (node) => {
  node.nulls = node.nulls === 'omit' ? 'keep' : 'omit';
};

const limit: Change = (_, embed) => {
  if (embed?.limit !== undefined) delete embed.limit;
  else if (embed !== undefined) embed.limit = 1;
};
