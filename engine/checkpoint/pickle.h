// What a pickle says, without doing it: nothing is imported, made or called, whatever it asks for.
//
// Known is what torch.save writes of dictionaries, lists, tuples, texts and numbers in protocol 2.
// Classes and functions are names, and only the names that the caller lists may occur; a call of
// one is written down with its arguments. Source: Python's pickletools.py.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace engine {

struct PickleValue {
  enum class Kind {
    None,
    Boolean,
    Integer,
    Real,
    Text,
    Tuple,
    List,
    Dictionary,  // items: key, value, key, value, ... (an OrderedDict, too)
    Global,      // text: a class or function, as in "torch.FloatStorage"
    Call,        // items: what is called, the tuple of its arguments
    Persistent   // items: the identifier of what is kept elsewhere
  };
  Kind kind = Kind::None;
  std::int64_t integer = 0;  // of a Boolean, too
  double real = 0;
  std::string text = {};
  std::vector<const PickleValue*> items = {};
};

class Pickle {
 public:
  // An Error, which begins with `file`, says at which byte something is cut short, unknown or
  // nonsense. Values may hold themselves: who follows items must not do so without end.
  static Pickle read(std::span<const std::byte> bytes, const std::set<std::string>& globals,
                     const std::string& file);

  const PickleValue& root() const { return *root_; }

 private:
  friend class PickleReader;
  std::deque<PickleValue> values_;  // where all of them are: growing moves none
  const PickleValue* root_ = nullptr;
};

}  // namespace engine
