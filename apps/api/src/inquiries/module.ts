import { Module } from '@nestjs/common';
import { InquiriesController } from './controller.ts';
import { GetInquiryHandler } from './get.ts';
import { OpenInquiryHandler } from './open.ts';
import { Owners } from './owners.ts';
import { GetTimelineHandler } from './timeline.ts';

/** Inquiries, from the question to the merged answer. */
@Module({
  controllers: [InquiriesController],
  providers: [OpenInquiryHandler, GetInquiryHandler, GetTimelineHandler, Owners],
})
export class InquiriesModule {}
