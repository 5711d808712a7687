import { Module } from '@nestjs/common';
import { InquiriesController } from './controller.ts';
import { GetInquiryHandler } from './get-inquiry.ts';
import { OpenInquiryHandler } from './open-inquiry.ts';

/** Inquiries, from the question to the merged answer. */
@Module({ controllers: [InquiriesController], providers: [OpenInquiryHandler, GetInquiryHandler] })
export class InquiriesModule {}
