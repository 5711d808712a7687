import { Module } from '@nestjs/common';
import { DetokeniseController } from './controller.ts';
import { Detokeniser } from './detokenise.ts';

/** Resolution of tokens to personal values. */
@Module({ controllers: [DetokeniseController], providers: [Detokeniser] })
export class DetokeniseModule {}
