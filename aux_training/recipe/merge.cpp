// What a recipe's text may say: keys, types, words and ranges, one value at a time.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "aux_training/recipe/nearest.h"
#include "aux_training/recipe/recipe_json.h"
#include "aux_training/recipe/vocabulary.h"
#include "kernels/base/check.h"

namespace aux_training {
namespace {

using kernels::text;
using kernels::UsageError;

constexpr const char* kStage2 = "method.stage2_epoch";

[[noreturn]] void wrong(const std::string& source, const std::string& key,
                        const std::string& expected, const Json& got) {
  throw UsageError(text(source, ": ", key, ": expected ", expected, ", got ", shown(got)));
}

// 1000000 rather than 1e+06.
std::string plain(double number) {
  std::ostringstream out;
  out.precision(15);
  out << number;
  return out.str();
}

void check_number(const Json& value, bool whole, NumberRange range, const std::string& key,
                  const std::string& source) {
  const bool is_number = whole ? value.is_number_integer() : value.is_number();
  const double number = is_number ? value.get<double>() : 0;
  if (!is_number || number < range.low || number > range.high) {
    wrong(source, key,
          text("a ", whole ? "whole " : "", "number from ", plain(range.low), " to ",
               plain(range.high)),
          value);
  }
}

void check_word(const Json& value, const std::vector<std::string>& words, const std::string& key,
                const std::string& source) {
  if (!value.is_string()) wrong(source, key, "text", value);
  try {
    value.dump();
  } catch (const Json::exception&) {  // from --set: a file's text was checked when read
    wrong(source, key, "text in UTF-8", value);
  }
  if (words.empty()) return;
  const auto& word = value.get_ref<const std::string&>();
  if (std::find(words.begin(), words.end(), word) != words.end()) return;
  throw UsageError(
      text(source, ": ", key, ": there is no ", shown(value), suggestion(word, words)));
}

void check_corruption(const Json& value, const std::string& key, const std::string& source) {
  if (!value.is_object()) wrong(source, key, R"({"name": ..., "strength": ...})", value);
  for (const auto& [part, unused] : value.items()) {
    if (part != "name" && part != "strength") {
      throw UsageError(text(source, ": ", key, ".", part, ": unknown key",
                            suggestion(part, {"name", "strength"})));
    }
  }
  for (const char* part : {"name", "strength"}) {
    if (!value.contains(part)) throw UsageError(text(source, ": ", key, ".", part, ": missing"));
  }
  check_word(value["name"], corruption_names(), key + ".name", source);
  check_number(value["strength"], false, strength_range(value["name"].get<std::string>()),
               key + ".strength", source);
}

void check_list(const Json& value, const std::string& key, const std::string& source) {
  if (!value.is_array()) wrong(source, key, "a list", value);
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string item = text(key, "[", i, "]");
    if (key == "method.corruptions") {
      check_corruption(value[i], item, source);
    } else {
      check_number(value[i], true, range_at(key), item, source);
    }
  }
}

void check_value(const Json& value, const Json& model, const std::string& key,
                 const std::string& source) {
  if (key == kStage2 && value.is_null()) return;
  if (key == kStage2) return check_number(value, true, range_at(key), key, source);
  if (model.is_boolean()) {
    if (!value.is_boolean()) wrong(source, key, "true or false", value);
  } else if (model.is_array()) {
    check_list(value, key, source);
  } else if (model.is_string()) {
    check_word(value, words_at(key), key, source);
  } else {
    check_number(value, model.is_number_integer(), range_at(key), key, source);
  }
}

// The nearest of all keys, else those that could stand here.
std::string suggested_key(const std::string& key, const Json& model) {
  if (!nearest(key, all_keys()).empty()) return suggestion(key, all_keys());
  std::vector<std::string> here;
  for (const auto& [part, unused] : model.items()) here.push_back(part);
  return suggestion(key, here);
}

void merge_below(Json& tree, const Json& layer, const Json& model, const std::string& prefix,
                 const std::string& source) {
  for (const auto& [part, value] : layer.items()) {
    const std::string key = prefix + part;
    if (!model.contains(part)) {
      throw UsageError(text(source, ": ", key, ": unknown key", suggested_key(key, model)));
    }
    if (!model[part].is_object()) {
      check_value(value, model[part], key, source);
      tree[part] = value;
    } else if (value.is_object()) {
      merge_below(tree[part], value, model[part], key + ".", source);
    } else {
      wrong(source, key, "an object", value);
    }
  }
}

}  // namespace

Json parse_object(const std::string& json, const std::string& source) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key &&
        !keys.back().insert(parsed.get<std::string>()).second) {
      throw UsageError(text(source, ": the key ", shown(parsed), " stands there twice"));
    }
    return true;
  };
  Json tree;
  try {
    tree = Json::parse(json, watch);
  } catch (const Json::exception& error) {
    const std::string reason = error.what();  // "[json.exception.parse_error.101] parse error at"
    throw UsageError(source + ": not JSON: " + reason.substr(reason.find("] ") + 2));
  }
  if (!tree.is_object()) throw UsageError(source + ": expected a JSON object, got " + shown(tree));
  return tree;
}

void merge(Json& tree, const Json& layer, const std::string& source) {
  merge_below(tree, layer, default_tree(), "", source);
}

std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  const std::string dumped = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return dumped.size() <= 60 ? dumped : dumped.substr(0, 57) + "...";
}

}  // namespace aux_training
