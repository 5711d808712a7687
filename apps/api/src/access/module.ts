import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessConfig, loadAccessConfigOrExit, retentionConfigProvider } from '#privacy';
import { Authentication } from './authentication.ts';
import { AccessGuard } from './guard.ts';
import { OpenConnections } from './open-connections.ts';
import { RateLimits } from './rate-limits.ts';
import { Revocations } from './revocations.ts';
import { Tickets } from './tickets.ts';

/** Authentication and authorization: tokens, rules of routes, limits of tokens. */
@Global()
@Module({
  providers: [
    { provide: AccessConfig, useFactory: loadAccessConfigOrExit },
    retentionConfigProvider,
    { provide: APP_GUARD, useClass: AccessGuard },
    Authentication,
    OpenConnections,
    RateLimits,
    Revocations,
    Tickets,
  ],
  exports: [Authentication, OpenConnections, RateLimits, Revocations, Tickets],
})
export class AccessModule {}
