import { Controller, Get, Query } from '@nestjs/common';
import * as z from 'zod';
import { Documented } from '../http/documented.decorator.js';
import { ForAdministrators } from '../http/for-administrators.decorator.js';
import { adminUser } from './admin-user.js';
import { type UsersQuery, usersQuery } from './list-query.js';
import { next, SealedCursors } from './sealed-cursors.js';
import { UserSearch } from './user-search.js';

const userPage = z.object({ users: z.array(adminUser), next });

@ForAdministrators()
@Controller('admin/users')
export class UserListController {
  constructor(
    private readonly search: UserSearch,
    private readonly cursors: SealedCursors,
  ) {}

  @Documented({
    under: 'Administration',
    does: 'Finds users, in the order of their addresses',
    answers: { 200: { says: 'A page of users.', body: userPage } },
  })
  @Get()
  async list(
    @Query({ schema: usersQuery }) { limit, after, ...filters }: UsersQuery,
  ): Promise<z.output<typeof userPage>> {
    const list = { route: 'users', filters };
    const from = after === undefined ? undefined : await this.cursors.open(after, list);
    const { rows, end } = await this.search.page(filters, from, limit);
    return { users: [...rows], ...(end === undefined ? {} : { next: await this.cursors.seal(end, list) }) };
  }
}
