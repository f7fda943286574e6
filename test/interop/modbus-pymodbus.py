"""A pymodbus server for the tests: fills registers as told, and tells what was written to them.

First line of standard input: {"framer": "tcp" | "rtu", "items": [[at, type, byteorder, wordorder, value], ...]}.
Answers with its port. Each further line [table, at, type, byteorder, wordorder] is answered with the value there.
Values travel as text, so that 64-bit integers stay exact.
"""

import asyncio
import json
import logging
import sys
import threading

from pymodbus.constants import Endian
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.payload import BinaryPayloadBuilder, BinaryPayloadDecoder
from pymodbus.server.async_io import ModbusTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

NAMES = {
    "int16": "16bit_int",
    "uint16": "16bit_uint",
    "int32": "32bit_int",
    "uint32": "32bit_uint",
    "int64": "64bit_int",
    "uint64": "64bit_uint",
    "float32": "32bit_float",
    "float64": "64bit_float",
}
REGISTERS = {name: int("".join(c for c in name if c.isdigit())) // 16 for name in NAMES}
ORDER = {"big": Endian.Big, "little": Endian.Little}
TABLES = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}


def registers_of(kind, byteorder, wordorder, value):
    builder = BinaryPayloadBuilder(byteorder=ORDER[byteorder], wordorder=ORDER[wordorder])
    number = float(value) if kind.startswith("float") else int(value)
    getattr(builder, "add_" + NAMES[kind])(number)
    return builder.to_registers()


def value_of(store, table, at, kind, byteorder, wordorder):
    code = TABLES[table]
    if table in ("coil", "discrete"):
        return str(int(store.getValues(code, at, 1)[0]))
    words = store.getValues(code, at, REGISTERS[kind])
    decoder = BinaryPayloadDecoder.fromRegisters(words, byteorder=ORDER[byteorder], wordorder=ORDER[wordorder])
    return str(getattr(decoder, "decode_" + NAMES[kind])())


def answer_questions(store):
    for line in sys.stdin:
        print(value_of(store, *json.loads(line)), flush=True)


async def main():
    # It reports every closed connection and every exception that it answers as an error.
    logging.disable(logging.ERROR)
    setup = json.loads(sys.stdin.readline())
    blocks = {name: ModbusSequentialDataBlock(0, [0] * 1000) for name in ("di", "co", "hr", "ir")}
    store = ModbusSlaveContext(zero_mode=True, **blocks)
    for at, kind, byteorder, wordorder, value in setup["items"]:
        words = registers_of(kind, byteorder, wordorder, value)
        store.setValues(3, at, words)
        store.setValues(4, at, words)
    framer = ModbusRtuFramer if setup["framer"] == "rtu" else ModbusSocketFramer
    context = ModbusServerContext(slaves=store, single=True)
    server = ModbusTcpServer(context, framer=framer, address=("127.0.0.1", 0))
    serving = asyncio.ensure_future(server.serve_forever())
    await server.serving
    print(server.server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=answer_questions, args=(store,), daemon=True).start()
    await serving


asyncio.run(main())
