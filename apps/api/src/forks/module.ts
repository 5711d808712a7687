import { Module } from '@nestjs/common';
import { ForksController } from './controller.ts';
import { ForkSessionHandler } from './fork-session.ts';

/** Sessions that begin as others were. */
@Module({ controllers: [ForksController], providers: [ForkSessionHandler] })
export class ForksModule {}
