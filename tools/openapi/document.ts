import { createApp, createLogger, loadConfig } from '#platform';
import { api } from '../../apps/api/src/app.ts';
import { openApiDocument } from '../../apps/api/src/common/openapi.ts';
import { formatJson } from '../shared/format-json.ts';

/** Addresses that are never connected to. */
const environment = {
  EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false',
  KAFKA_BROKERS: '127.0.0.1:1',
  REDIS_URL: 'redis://127.0.0.1:1',
  DATABASE_URL: 'postgresql://127.0.0.1:1/turnstream',
};

/** The OpenAPI document of the api as text. The application is assembled for it, but not started. */
export async function generateDocument(): Promise<string> {
  const app = await createApp(api, loadConfig(environment), createLogger('openapi', 'silent'));
  try {
    return await formatJson(openApiDocument(app));
  } finally {
    await app.close();
  }
}
