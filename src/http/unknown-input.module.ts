import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { UnknownInputGuard } from './unknown-input.guard.js';

/** Guards run in the order of their modules. Imported last, this one runs after authentication. */
@Module({ providers: [{ provide: APP_GUARD, useClass: UnknownInputGuard }] })
export class UnknownInputModule {}
