import { Controller, Get } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Declarations } from '#declarations';
import { Access } from '../access/access.decorator.ts';
import { asyncApiDocument } from './document.ts';

/** The description of the Kafka topics, as this installation declares them. */
@ApiExcludeController()
@Controller('asyncapi.json')
export class AsyncApiController {
  private readonly document: object;

  constructor(declarations: Declarations) {
    this.document = asyncApiDocument(declarations);
  }

  @Get()
  @Access('public')
  read(): object {
    return this.document;
  }
}
