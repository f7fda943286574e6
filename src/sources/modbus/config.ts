import * as z from 'zod';
import { MAX_READ_REGISTERS } from '#codec/modbus/pdu.ts';

const unit = z.int().min(0).max(255);
const cell = z.int().min(0).max(65_535);
const range = z
  .tuple([cell, cell])
  .refine(([first, last]) => first <= last, 'the lower address comes first: [first, last]');

const Block = z
  .strictObject({
    unit: unit.optional().describe('Unit that the ranges are true for; absent: every unit of this source.'),
    holding: range.optional().describe('First and last holding register that may be read in one go.'),
    input: range.optional().describe('First and last input register.'),
    coils: range.optional().describe('First and last coil.'),
    discretes: range.optional().describe('First and last discrete input.'),
  })
  .refine((block) => block.holding ?? block.input ?? block.coils ?? block.discretes, {
    message: 'a block names a range: holding, input, coils or discretes',
  });

export const Config = z.strictObject({
  host: z.string().min(1).describe('Name or IP address of the device or gateway.').meta({ restart: true }),
  port: z.int().min(1).max(65_535).default(502).describe('TCP port.').meta({ restart: true }),
  transport: z
    .enum(['tcp', 'rtu-over-tcp'])
    .default('tcp')
    .describe('Modbus TCP, or RTU frames with CRC through a transparent serial server.')
    .meta({ restart: true }),
  everyMs: z
    .int()
    .min(10)
    .max(86_400_000)
    .default(1000)
    .describe('Period of the reads; an address may have its own.'),
  timeoutMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(1000)
    .describe('Longest wait for an answer.')
    .meta({ restart: true }),
  outstanding: z
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe('Requests open at a time. Above 1 only where the device is known to bear it; never for RTU.')
    .meta({ restart: true }),
  requestsPerS: z
    .number()
    .positive()
    .max(10_000)
    .default(20)
    .describe('Most requests a second, writes included; they are spread evenly.')
    .meta({ restart: true }),
  pauseMs: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('Rest after each answer before the next request, for devices that need it.')
    .meta({ restart: true }),
  settleMs: z
    .int()
    .min(10)
    .max(60_000)
    .optional()
    .describe(
      'RTU: silence on the line after a time-out before the next request; longer than the slowest unit is late. Default: timeoutMs.',
    )
    .meta({ restart: true }),
  blocks: z
    .array(Block)
    .default([])
    .describe(
      'Addresses that exist and may be read together. Without them only neighbours without a hole are joined.',
    ),
  maxRegisters: z
    .int()
    .min(1)
    .max(MAX_READ_REGISTERS)
    .default(MAX_READ_REGISTERS)
    .describe('Most registers of one read, for devices that bear fewer than 125; coils sixteen times that.'),
  silentAfter: z
    .int()
    .min(1)
    .max(20)
    .default(3)
    .describe('Time-outs in a row after which a unit counts as silent; it is then only probed.')
    .meta({ restart: true }),
  probeMs: z
    .int()
    .min(10)
    .max(600_000)
    .default(1000)
    .describe('First pause before a silent unit is asked again; it doubles.')
    .meta({ restart: true }),
  probeMaxMs: z
    .int()
    .min(10)
    .max(3_600_000)
    .default(30_000)
    .describe('Longest pause before a silent unit is asked again.')
    .meta({ restart: true }),
});
export type Config = z.output<typeof Config>;
