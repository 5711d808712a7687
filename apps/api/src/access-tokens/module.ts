import { Module } from '@nestjs/common';
import { TokensController } from './controller.ts';

/** Tickets, and tokens of callers that are revoked. */
@Module({ controllers: [TokensController] })
export class AccessTokensModule {}
