import { Module } from '@nestjs/common';
import { AccessLogController } from './controller.ts';

/** The access log: who read personal data, and what administrators did. */
@Module({ controllers: [AccessLogController] })
export class AccessLogModule {}
