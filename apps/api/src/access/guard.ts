import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { Rule } from './access.decorator.ts';
import { RULE } from './access.decorator.ts';
import { Authentication } from './authentication.ts';
import { callerOf } from './current-caller.ts';
import { forbidden } from './problems.ts';
import { mayDo } from './rules.ts';

/** Admits a caller whose role the rule of the route names. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authentication: Authentication,
  ) {}

  canActivate(context: ExecutionContext): true {
    const rule = this.reflector.get<Rule | undefined>(RULE, context.getHandler());
    if (rule === 'public') return true;
    if (rule === undefined) throw forbidden('Nobody may call this.');
    const { role } = callerOf(context.switchToHttp().getRequest<FastifyRequest>());
    if (this.authentication.isOpen || mayDo(role, rule)) return true;
    throw forbidden(`The role ${role} may not do this.`);
  }
}
