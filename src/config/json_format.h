/* Reader of protobuf's JSON, over protobuf-c's descriptors: configs whose names end in .json.
 *
 * As upstream's reader has it: fields by their own names or in lowerCamelCase; enums by name or number; integers and
 * floats as numbers or in quotes, floats also as "NaN", "Infinity", "-Infinity"; null is absent; a field given twice,
 * two of a oneof and unknown fields are errors. The text must be strict JSON: its first fault ends the reading, whereas
 * faults of fields are all found in one pass.
 */
#ifndef RK_JSON_FORMAT_H
#define RK_JSON_FORMAT_H

#include "text_format.h"

/* Read one object into message, which is empty. false: memory ran out. in->one_place is not for JSON. */
bool rk_json_read(const rk_text_input *in, ProtobufCMessage *message);

#endif
