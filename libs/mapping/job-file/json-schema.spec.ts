import { describe, expect, test } from '@jest/globals';
import { jobFileJsonSchema } from './json-schema.js';

type Node = {
  properties?: Record<string, Node>;
  additionalProperties?: Node;
  anyOf?: Node[];
  $defs?: Record<string, Node>;
  description?: string;
  $schema?: string;
  pattern?: string;
  $ref?: string;
};

describe('the published JSON Schema', () => {
  const schema = jobFileJsonSchema() as Node;

  test('is of draft 2020-12 and describes every key for editors', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    const collection = schema.properties?.['collections']?.additionalProperties;
    for (const key of ['table', 'id', 'where', 'nulls', 'fields'])
      expect(collection?.properties?.[key]).toHaveProperty('description');
    expect(Object.keys(schema.properties ?? {})).toEqual([
      '$schema',
      'job',
      'mode',
      'source',
      'target',
      'onError',
      'stopAfterErrors',
      'defaults',
      'collections',
    ]);
  });

  test('knows embeds in embeds', () => {
    expect(JSON.stringify(schema)).toContain('"$ref"');
  });

  test('takes a variable where a value is restricted', () => {
    expect(schema.properties?.['mode']?.anyOf?.map((node) => Object.keys(node).includes('pattern'))).toEqual([
      false,
      true,
    ]);
    expect(
      schema.properties?.['stopAfterErrors']?.anyOf?.some(
        (node) => node.anyOf?.some((inner) => inner.pattern?.includes('A-Za-z_')) ?? node.pattern?.includes('A-Za-z_'),
      ),
    ).toBe(true);
  });
});
