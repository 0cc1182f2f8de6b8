import { Controller, Get, Param } from '@nestjs/common';
import * as z from 'zod';
import { Documented } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { ForAdministrators } from '../http/for-administrators.decorator.js';
import { type WholeUser, wholeUser } from './admin-user.js';
import { WholeUsers } from './whole-users.js';

const tagged = { ETag: 'The revision of the user, for `If-Match`.' };

@ForAdministrators()
@Controller('admin/users')
export class UsersController {
  constructor(private readonly wholeUsers: WholeUsers) {}

  @Documented({
    under: 'Administration',
    does: 'Shows a user',
    path: { id: z.uuid() },
    answers: { 200: { says: 'The user.', body: wholeUser, headers: tagged } },
    refuses: ['not_found'],
  })
  @Get(':id')
  async one(@Param('id') id: string, @On() { reply }: Exchange): Promise<WholeUser> {
    const { user, etag } = await this.wholeUsers.of(id);
    void reply.header('etag', etag);
    return user;
  }
}
