import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ROUTES, type Route } from '#api';
import { type TestMongo, testMongo } from '#testing';
import { testConsole, type TestConsole } from './kit/console.js';

/** The OpenAPI document says all that the console serves, and nothing else. */

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  security: unknown[];
  parameters: { name: string; in: string; required: boolean; schema: unknown }[];
  requestBody?: { content: Record<string, { schema: unknown }>; required: boolean };
  responses: Record<string, { description: string; content: Record<string, { schema: unknown }> }>;
}

interface Document {
  openapi: string;
  info: Record<string, unknown>;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Record<string, unknown>>; securitySchemes: Record<string, unknown> };
}

let mongo: TestMongo;
let here: TestConsole;
let document: Document;

beforeAll(async () => {
  mongo = await testMongo();
  here = await testConsole(mongo, { env: {} });
  document = (await (await fetch(`${here.url}/api/openapi.json`)).json()) as Document;
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await mongo[Symbol.asyncDispose]();
});

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  );

/** As Express has them. */
function served(): string[] {
  interface Layer {
    route?: { path: string; methods: Record<string, boolean> };
  }
  const { stack } = (here.application.getHttpAdapter().getInstance() as unknown as { router: { stack: Layer[] } })
    .router;
  return stack.flatMap(({ route }) =>
    route === undefined ? [] : Object.keys(route.methods).map((method) => `${method} ${route.path}`),
  );
}

test('every route of the application is in it, and no other', () => {
  const described = operations().map(([name]) => name.replace(/\{(\w+)\}/g, ':$1'));
  const ours = served().filter((name) => /^\w+ \/api\/(?:jobs|check|preview)/.test(name));
  expect([...new Set(ours)].sort()).toEqual(described.sort());
  expect(described).toHaveLength(Object.keys(ROUTES).length);
});

test('every operation has its parameters, its body, its answers and who may ask', () => {
  const ids = operations().map(([, { operationId }]) => operationId);
  expect(ids.sort()).toEqual(Object.keys(ROUTES).sort());
  for (const [name, operation] of operations()) {
    const route: Route = (ROUTES as Record<string, Route>)[operation.operationId] as Route;
    expect({ name, summary: operation.summary, tags: operation.tags }).toEqual({
      name,
      summary: route.summary,
      tags: [route.group],
    });
    expect({ name, security: operation.security }).toEqual({ name, security: [{ bearer: [] }] });
    const inPath = operation.parameters
      .filter((parameter) => parameter.in === 'path')
      .map((parameter) => `:${parameter.name}`);
    expect({ name, inPath }).toEqual({ name, inPath: route.path.match(/:\w+/g) ?? [] });
    const queried = operation.parameters
      .filter((parameter) => parameter.in === 'query')
      .map((parameter) => parameter.name);
    expect({ name, queried }).toEqual({ name, queried: Object.keys(route.query?.shape ?? {}) });
    expect({ name, body: operation.requestBody !== undefined }).toEqual({ name, body: route.body !== undefined });
    const { responses } = operation;
    expect(Object.keys(responses)).toEqual(expect.arrayContaining([String(route.status ?? 200), '401', '500', '503']));
    for (const [status, { description, content }] of Object.entries(responses)) {
      expect({ name, status, description }).toEqual({ name, status, description: expect.stringMatching(/./) });
      expect(content['application/json']?.schema).toBeDefined();
    }
    const answer = responses[String(route.status ?? 200)]?.content ?? {};
    expect({ name, streams: 'application/x-ndjson' in answer }).toEqual({ name, streams: route.events !== undefined });
  }
});

test('it is one that tools read: a version, schemas that say what they are, references that lead somewhere', () => {
  expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Millrace', version: '1.0.0' } });
  expect(document.components.securitySchemes).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } });
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
  expect(refs.length).toBeGreaterThan(10);
  for (const ref of refs) {
    expect(ref).toMatch(/^#\/components\/schemas\/\w+$/);
    expect(Object.keys(document.components.schemas)).toContain(ref.split('/').at(-1));
  }
  for (const schema of schemasIn(document)) {
    const says = ['type', '$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const', 'description'];
    expect(says.some((keyword) => keyword in schema)).toBe(true);
    if ('required' in schema)
      for (const name of schema['required'] as string[])
        expect(Object.keys(schema['properties'] as object)).toContain(name);
  }
  expect(JSON.stringify(document)).not.toMatch(/"\$schema"|\$defs|"id":"[A-Z]/);
});

/** Each schema, at any depth. */
function schemasIn({ paths, components }: Document): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  const visit = (schema: unknown): void => {
    if (schema === null || typeof schema !== 'object') return;
    const known = schema as Record<string, unknown>;
    found.push(known);
    for (const part of [known['items'], known['additionalProperties']]) visit(part);
    for (const parts of [known['anyOf'], known['oneOf'], known['allOf']])
      for (const part of (parts ?? []) as unknown[]) visit(part);
    for (const part of Object.values((known['properties'] ?? {}) as object)) visit(part);
  };
  for (const methods of Object.values(paths))
    for (const { parameters, requestBody, responses } of Object.values(methods)) {
      for (const { schema } of parameters) visit(schema);
      for (const content of [requestBody?.content ?? {}, ...Object.values(responses).map((each) => each.content)])
        for (const { schema } of Object.values(content)) visit(schema);
    }
  for (const schema of Object.values(components.schemas)) visit(schema);
  return found;
}

test('the page that shows it runs under its own policy', async () => {
  const page = await fetch(`${here.url}/api`);
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  const html = await page.text();
  expect(html).not.toMatch(/<script>[^<]*\S[^<]*<\/script>/);
  for (const [, source = ''] of html.matchAll(/<script src="([^"]+)"/g))
    expect((await fetch(new URL(source, page.url))).status).toBe(200);
});
