// Marks routes that every client calls again and again: requests that would be answered too late are refused at once
// (limits/admission.ts).
import type { FastifyRequest } from 'fastify';
import { hasMark, routeMark } from './route-mark.js';

export const AnswersInTime = () => routeMark({ answersInTime: true });

export const answersInTime = (request: FastifyRequest): boolean => hasMark(request, 'answersInTime');
