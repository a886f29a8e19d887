#include "kernels/ptx/modifiers.h"

#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "kernels/ptx/error.h"

namespace tandem::ptx {
namespace {

template <class T>
using Names = std::unordered_map<std::string_view, T>;

template <class T>
std::optional<T> find(const Names<T>& names, std::string_view name) {
  const auto found = names.find(name);
  if (found == names.end()) return std::nullopt;
  return found->second;
}

const Names<Opcode> kOpcodes = {
    {"abs", Opcode::kAbs},
    {"activemask", Opcode::kActiveMask},
    {"add", Opcode::kAdd},
    {"addc", Opcode::kAddCarry},
    {"and", Opcode::kAnd},
    {"applypriority", Opcode::kIgnored},
    {"atom", Opcode::kAtomic},
    {"bar", Opcode::kBarrier},
    {"barrier", Opcode::kBarrier},
    {"bfe", Opcode::kBitFieldExtract},
    {"bfi", Opcode::kBitFieldInsert},
    {"bfind", Opcode::kFindLeadingOne},
    {"bra", Opcode::kBranch},
    {"brev", Opcode::kReverseBits},
    {"brkpt", Opcode::kIgnored},
    {"brx", Opcode::kBranchIndexed},
    {"call", Opcode::kCall},
    {"clz", Opcode::kCountLeadingZeros},
    {"cnot", Opcode::kClearNot},
    {"copysign", Opcode::kCopySign},
    {"cos", Opcode::kCosine},
    {"cp", Opcode::kAsyncCopy},
    {"cvt", Opcode::kConvert},
    {"cvta", Opcode::kConvertAddress},
    {"discard", Opcode::kIgnored},
    {"div", Opcode::kDivide},
    {"dp4a", Opcode::kDotProduct4},
    {"ex2", Opcode::kExp2},
    {"exit", Opcode::kExit},
    {"fence", Opcode::kFence},
    {"fma", Opcode::kFusedMultiplyAdd},
    {"griddepcontrol", Opcode::kIgnored},
    {"isspacep", Opcode::kIsSpace},
    {"ld", Opcode::kLoad},
    {"ldu", Opcode::kLoad},
    {"lg2", Opcode::kLog2},
    {"lop3", Opcode::kLogic3},
    {"mad", Opcode::kMultiplyAdd},
    {"match", Opcode::kMatch},
    {"max", Opcode::kMax},
    {"membar", Opcode::kFence},
    {"min", Opcode::kMin},
    {"mov", Opcode::kMove},
    {"mul", Opcode::kMultiply},
    {"mul24", Opcode::kMultiply24},
    {"nanosleep", Opcode::kIgnored},
    {"neg", Opcode::kNegate},
    {"not", Opcode::kNot},
    {"or", Opcode::kOr},
    {"pmevent", Opcode::kIgnored},
    {"popc", Opcode::kPopulationCount},
    {"prefetch", Opcode::kIgnored},
    {"prefetchu", Opcode::kIgnored},
    {"prmt", Opcode::kBytePermute},
    {"rcp", Opcode::kReciprocal},
    {"red", Opcode::kReduction},
    {"redux", Opcode::kReduce},
    {"rem", Opcode::kRemainder},
    {"ret", Opcode::kReturn},
    {"rsqrt", Opcode::kReciprocalSqrt},
    {"sad", Opcode::kSumOfAbsoluteDifferences},
    {"selp", Opcode::kSelect},
    {"set", Opcode::kSet},
    {"setp", Opcode::kSetPredicate},
    {"shf", Opcode::kFunnelShift},
    {"shfl", Opcode::kShuffle},
    {"shl", Opcode::kShiftLeft},
    {"shr", Opcode::kShiftRight},
    {"sin", Opcode::kSine},
    {"slct", Opcode::kSelectBySign},
    {"sqrt", Opcode::kSqrt},
    {"st", Opcode::kStore},
    {"sub", Opcode::kSubtract},
    {"subc", Opcode::kSubtractCarry},
    {"tanh", Opcode::kTanh},
    {"testp", Opcode::kTestProperty},
    {"trap", Opcode::kTrap},
    {"vote", Opcode::kVote},
    {"xor", Opcode::kXor},
};

const Names<Comparison> kComparisons = {
    {"eq", Comparison::kEqual},       {"ne", Comparison::kNotEqual},   {"lt", Comparison::kLess},
    {"le", Comparison::kLessEqual},   {"gt", Comparison::kGreater},    {"ge", Comparison::kGreaterEqual},
    {"equ", Comparison::kEqualU},     {"neu", Comparison::kNotEqualU}, {"ltu", Comparison::kLessU},
    {"leu", Comparison::kLessEqualU}, {"gtu", Comparison::kGreaterU},  {"geu", Comparison::kGreaterEqualU},
    {"num", Comparison::kNumbers},    {"nan", Comparison::kNan},       {"lo", Comparison::kLess},
    {"ls", Comparison::kLessEqual},   {"hi", Comparison::kGreater},    {"hs", Comparison::kGreaterEqual},
};

const Names<Mode> kModes = {
    {"lo", Mode::kLow},
    {"hi", Mode::kHigh},
    {"wide", Mode::kWide},
    {"and", Mode::kAnd},
    {"or", Mode::kOr},
    {"xor", Mode::kXor},
    {"add", Mode::kAdd},
    {"min", Mode::kMin},
    {"max", Mode::kMax},
    {"inc", Mode::kIncrement},
    {"dec", Mode::kDecrement},
    {"cas", Mode::kCompareAndSwap},
    {"exch", Mode::kExchange},
    {"up", Mode::kUp},
    {"down", Mode::kDown},
    {"bfly", Mode::kButterfly},
    {"idx", Mode::kIndex},
    {"all", Mode::kAll},
    {"any", Mode::kAny},
    {"uni", Mode::kUniform},
    {"ballot", Mode::kBallot},
    {"l", Mode::kLeft},
    {"r", Mode::kRight},
    {"finite", Mode::kFinite},
    {"infinite", Mode::kInfinite},
    {"number", Mode::kNumber},
    {"notanumber", Mode::kNotANumber},
    {"normal", Mode::kNormal},
    {"subnormal", Mode::kSubnormal},
};

const Names<Rounding> kRoundings = {
    {"rn", Rounding::kNearest}, {"rz", Rounding::kZero},         {"rm", Rounding::kDown},
    {"rp", Rounding::kUp},      {"rna", Rounding::kNearestAway}, {"rni", Rounding::kNearest},
    {"rzi", Rounding::kZero},   {"rmi", Rounding::kDown},        {"rpi", Rounding::kUp},
};

const Names<bool Instruction::*> kFlags = {
    {"ftz", &Instruction::flush},          {"sat", &Instruction::saturate},
    {"approx", &Instruction::approximate}, {"NaN", &Instruction::propagate_nan},
    {"nan", &Instruction::propagate_nan},  {"relu", &Instruction::relu},
    {"wrap", &Instruction::wrap},          {"shiftamt", &Instruction::shift_amount},
    {"cc", &Instruction::carry_out},       {"to", &Instruction::from_generic},
    {"sync", &Instruction::sync},          {"volatile", &Instruction::strong},
    {"relaxed", &Instruction::strong},     {"acquire", &Instruction::strong},
    {"release", &Instruction::strong},     {"acq_rel", &Instruction::strong},
    {"mmio", &Instruction::strong},
};

const Names<Space> kSpaces = {
    {"global", Space::kGlobal},   {"shared", Space::kShared},  {"local", Space::kLocal},
    {"param", Space::kParameter}, {"const", Space::kConstant},
};

// What changes no result here: cache hints, memory scopes, what the opcode implies.
bool has_no_effect(std::string_view modifier) {
  static const std::unordered_set<std::string_view> names = {
      "ca", "cg",   "cs", "lu",      "cv",    "wb",    "wt",   "nc",    "gpu",  "cta",   "sys",   "cluster",
      "gl", "weak", "sc", "aligned", "noftz", "clamp", "read", "write", "wait", "proxy", "alias", "launch_dependents"};
  return names.contains(modifier) || modifier.starts_with("L1") || modifier.starts_with("L2") ||
         modifier.find("::") != std::string_view::npos;
}

bool has_space(Opcode opcode) {
  return opcode == Opcode::kLoad || opcode == Opcode::kStore || opcode == Opcode::kAtomic ||
         opcode == Opcode::kReduction || opcode == Opcode::kConvertAddress || opcode == Opcode::kIsSpace;
}

// The modifiers that are an operation of their own. Returns whether this was one.
bool changes_opcode(std::string_view modifier, Opcode& opcode) {
  if (opcode == Opcode::kBarrier && modifier == "warp") {
    opcode = Opcode::kWarpBarrier;
  } else if (opcode == Opcode::kAsyncCopy && modifier == "commit_group") {
    opcode = Opcode::kAsyncCommit;
  } else if (opcode == Opcode::kAsyncCopy && modifier == "wait_group") {
    opcode = Opcode::kAsyncWaitGroup;
  } else if (opcode == Opcode::kAsyncCopy && modifier == "wait_all") {
    opcode = Opcode::kAsyncWaitAll;
  } else {
    return false;
  }
  return true;
}

// cp.async goes from global to shared memory, always.
bool is_implied(std::string_view modifier, Opcode opcode) {
  return opcode == Opcode::kAsyncCopy &&
         (modifier == "async" || modifier == "global" || modifier.starts_with("shared"));
}

bool decode_modifier(std::string_view modifier, Instruction& instruction) {
  const bool compares = instruction.opcode == Opcode::kSetPredicate || instruction.opcode == Opcode::kSet;
  const std::string_view space = modifier.substr(0, modifier.find("::"));  // "shared::cta"
  if (has_space(instruction.opcode) && kSpaces.contains(space)) {
    instruction.space = kSpaces.at(space);
  } else if (is_implied(modifier, instruction.opcode) || changes_opcode(modifier, instruction.opcode)) {
    return true;
  } else if (const auto comparison = find(kComparisons, modifier); compares && comparison) {
    instruction.comparison = *comparison;
  } else if (const auto rounding = find(kRoundings, modifier)) {
    instruction.rounding = *rounding;
    instruction.to_integral = modifier.ends_with('i');
  } else if (const auto flag = find(kFlags, modifier)) {
    instruction.*(*flag) = true;
  } else if (modifier == "full") {
    instruction.full_range = instruction.approximate = true;
  } else if (modifier == "v2" || modifier == "v4" || modifier == "v8") {
    instruction.vector_length = uint8_t(modifier[1] - '0');
  } else if (const auto mode = find(kModes, modifier)) {
    (compares ? instruction.combine : instruction.mode) = *mode;
  } else {
    return has_no_effect(modifier);
  }
  return true;
}

std::vector<std::string> split_at_dots(const std::string& name) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin != std::string::npos;) {
    const size_t end = name.find('.', begin);
    parts.push_back(name.substr(begin, end - begin));
    begin = end == std::string::npos ? end : end + 1;
  }
  return parts;
}

}  // namespace

void decode_name(const std::string& name, int line, Instruction& instruction) {
  const std::vector<std::string> parts = split_at_dots(name);
  const auto opcode = find(kOpcodes, parts[0]);
  if (!opcode) fail_at(line, "instruction '" + name + "' is not supported");
  instruction.name = name;
  instruction.opcode = *opcode;
  if (instruction.opcode == Opcode::kIgnored) return;
  std::vector<Type> types;
  for (size_t i = 1; i < parts.size(); ++i) {
    if (const Type type = parse_type(parts[i]); type != Type::kNone) {
      types.push_back(type);
    } else if (!decode_modifier(parts[i], instruction)) {
      fail_at(line, "modifier ." + parts[i] + " of '" + name + "' is not supported");
    }
  }
  instruction.type = types.empty() ? Type::kNone : types[0];
  instruction.source_type = types.size() > 1 ? types[1] : instruction.type;
  if (instruction.opcode == Opcode::kAsyncCopy && parts.size() > 1 && parts[1] != "async") {
    fail_at(line, "'" + name + "' is not supported");
  }
}

}  // namespace tandem::ptx
