import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RetentionConfig } from '#privacy';
import { PrivacyWatch } from '#read-models';
import { callerOf } from '../access/current-caller.ts';
import { isOfApi } from '../access/routes.ts';
import { restrictionsUnknown } from '../common/problems.ts';

interface ListedItem {
  readonly partner_id?: string;
}

interface List {
  readonly items: readonly ListedItem[];
}

/**
 * Leaves the sessions and turns of restricted partners out of lists, except for the named role. Lists that name partners are refused
 * while it is not known which of them are restricted.
 */
export function restrictLists(app: NestFastifyApplication): void {
  const watch = app.get(PrivacyWatch);
  const { restrictedRole } = app.get<Pick<RetentionConfig, 'restrictedRole'>>(RetentionConfig);
  const withoutClosed = (list: List): List => ({
    ...list,
    items: list.items.filter(({ partner_id }) => partner_id === undefined || !watch.isClosed(partner_id)),
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preSerialization', (request, _reply, body: unknown, done) => {
    const isOpen = watch.isKnown && !watch.hasClosed;
    if (isOpen || !isOfApi(request) || !isList(body) || callerOf(request).role === restrictedRole)
      return done(null, body);
    if (!watch.isKnown && body.items.some(({ partner_id }) => partner_id !== undefined))
      return done(restrictionsUnknown());
    done(null, withoutClosed(body));
  });
}

function isList(body: unknown): body is List {
  return typeof body === 'object' && body !== null && 'items' in body && Array.isArray(body.items);
}
