import { Module } from '@nestjs/common';
import { TokensController } from './controller.ts';

/** Tickets, and tokens that are revoked. */
@Module({ controllers: [TokensController] })
export class TokensModule {}
