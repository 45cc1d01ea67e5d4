import { API_PATH, Failure, NDJSON, Params, type Route } from '#api';
import { applyDecorators, Delete, Get, HttpCode, Patch, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiParam, ApiProduces, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { jsonSchemaOf } from './json-schema.js';

const METHODS = { get: Get, post: Post, put: Put, patch: Patch, delete: Delete };
const REFUSALS: Record<number, string> = {
  400: 'The request does not fit, or asks for what cannot be.',
  401: 'No token, or a wrong one.',
  404: 'There is no such job or letter.',
  409: 'The job is in no state for it, or refuses it; the code tells which.',
  413: 'The body is larger than 4 MB.',
  422: 'The job file has mistakes: `problems` lists them.',
  500: 'A defect, or something that failed for good.',
  503: 'A server is away; the same request may succeed later.',
};

/** Serves a method of a controller as this route, and describes it. */
export function ApiRoute(name: string, route: Route): MethodDecorator {
  const status = route.status ?? 200;
  const refusals = [...route.refusals, 401, 413, 422, 500, 503];
  return applyDecorators(
    METHODS[route.method](route.path),
    HttpCode(status),
    ApiBearerAuth(),
    ApiOperation({ operationId: name, tags: [route.group], summary: route.summary, description: descriptionOf(route) }),
    ...paramsOf(route.path),
    ...queriesOf(route.query),
    ...(route.body === undefined
      ? []
      : [ApiBody({ schema: jsonSchemaOf(route.body), required: !route.body.isOptional() })]),
    ApiProduces('application/json'),
    ApiResponse({ status, description: 'What came of it.', content: contentOf(route) }),
    ...refusals.map((refusal) =>
      ApiResponse({
        status: refusal,
        description: REFUSALS[refusal] ?? '',
        content: { 'application/json': { schema: jsonSchemaOf(Failure) } },
      }),
    ),
  );
}

export const PREFIX = API_PATH.slice(1);

function descriptionOf({ description = '', events }: Route): string {
  if (events === undefined) return description;
  return `${description}\n\nMay take long. With \`Accept: ${NDJSON}\` it answers line by line: \`{"event": …}\`, \`{"beat": n}\` at least every ten seconds, at the end \`{"result": …}\` or \`{"error": …}\`. Who goes away before that withdraws what was asked.`.trim();
}

function contentOf({ answer, events }: Route) {
  const json = { 'application/json': { schema: jsonSchemaOf(answer) } };
  if (events === undefined) return json;
  const line = {
    oneOf: [
      { type: 'object', required: ['event'], properties: { event: jsonSchemaOf(events) } },
      { type: 'object', required: ['beat'], properties: { beat: { type: 'integer' } } },
      { type: 'object', required: ['result'], properties: { result: jsonSchemaOf(answer) } },
      jsonSchemaOf(Failure),
    ],
  };
  return { ...json, [NDJSON]: { schema: { ...line, description: 'Each line of the answer.' } } };
}

function paramsOf(path: string): MethodDecorator[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) =>
    ApiParam({ name, required: true, schema: jsonSchemaOf(Params[name as keyof typeof Params]) as never }),
  );
}

function queriesOf(query: z.ZodObject | undefined): MethodDecorator[] {
  return Object.entries(query?.shape ?? {}).map(([name, field]) =>
    ApiQuery({ name, required: !field.isOptional(), schema: jsonSchemaOf(field) }),
  );
}
