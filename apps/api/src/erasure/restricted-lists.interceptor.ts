import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { map } from 'rxjs';
import { RetentionConfig } from '#privacy';
import { PrivacyWatch } from '#read-models';
import { callerOf } from '../access/current-caller.ts';

interface ListedItem {
  readonly partner_id?: string;
}

/** Leaves the sessions and turns of restricted partners out of lists, but for the named role. */
@Injectable()
export class RestrictedListsInterceptor implements NestInterceptor {
  constructor(
    private readonly watch: PrivacyWatch,
    @Inject(RetentionConfig) private readonly config: Pick<RetentionConfig, 'restrictedRole'>,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const answer = next.handle();
    if (!this.watch.hasClosed || context.getType() !== 'http') return answer;
    const { role } = callerOf(context.switchToHttp().getRequest<FastifyRequest>());
    if (role === this.config.restrictedRole) return answer;
    return answer.pipe(map((body) => (isList(body) ? { ...body, items: this.open(body.items) } : body)));
  }

  private open(items: readonly ListedItem[]): ListedItem[] {
    return items.filter(({ partner_id }) => partner_id === undefined || !this.watch.isClosed(partner_id));
  }
}

function isList(body: unknown): body is { readonly items: readonly ListedItem[] } {
  return typeof body === 'object' && body !== null && 'items' in body && Array.isArray(body.items);
}
