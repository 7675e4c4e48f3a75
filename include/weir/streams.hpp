// weir/streams.hpp - all of the streams: sources, operators, sinks.                               [floor: flow]
#pragma once

#include <weir/stream/batch.hpp>
#include <weir/stream/errors.hpp>
#include <weir/stream/from.hpp>
#include <weir/stream/generate.hpp>
#include <weir/stream/lines.hpp>
#include <weir/stream/map_async.hpp>
#include <weir/stream/map_cpu.hpp>
#include <weir/stream/partition_by.hpp>
#include <weir/stream/read_ahead.hpp>
#include <weir/stream/sinks.hpp>
#include <weir/stream/stream.hpp>
#include <weir/stream/tee.hpp>
#include <weir/stream/timing.hpp>
#include <weir/stream/transform.hpp>
#include <weir/stream/zip.hpp>
