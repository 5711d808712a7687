import { Module } from '@nestjs/common';
import { AccessLogController } from './controller.ts';

/** Who saw personal data, and what administrators did. */
@Module({ controllers: [AccessLogController] })
export class AccessLogModule {}
