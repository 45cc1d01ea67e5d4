import { API_PATH, API_VERSION, OPENAPI_PATH } from '#api';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { namedSchemas } from './json-schema.js';

/** The OpenAPI document, made of the routes as they are served. */
export function apiDocument(application: INestApplication): OpenAPIObject {
  const frame = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Millrace')
    .setDescription(
      'Jobs that move a relational database into MongoDB, as the services run them: create, watch, verify them, and deal with what could not be written.',
    )
    .setVersion(API_VERSION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'One of MILLRACE_CONSOLE_TOKENS. None on loopback without any.',
    })
    .build();
  const document = SwaggerModule.createDocument(application, frame);
  const paths = Object.fromEntries(Object.entries(document.paths).filter(([path]) => path.startsWith(`${API_PATH}/`)));
  const schemas = namedSchemas() as NonNullable<OpenAPIObject['components']>['schemas'];
  return { ...document, paths, components: { ...document.components, schemas: { ...schemas } } };
}

/** The document, and a page that shows it. */
export function serveApiDocument(application: INestApplication): void {
  SwaggerModule.setup(API_PATH.slice(1), application, () => apiDocument(application), {
    jsonDocumentUrl: OPENAPI_PATH.slice(1),
    yamlDocumentUrl: `${OPENAPI_PATH.slice(1).replace(/json$/, 'yaml')}`,
    customSiteTitle: 'Millrace',
  });
}
