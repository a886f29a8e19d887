// tandem eval: how often nets are wrong about a data set, each by itself and all together.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/confusion_report.h"
#include "apps/trained_net.h"
#include "engine/core/error.h"
#include "engine/data/open.h"
#include "engine/report/numbers.h"
#include "engine/report/progress.h"
#include "engine/train/evaluate.h"

namespace tandem {
namespace {

struct EvalArguments {
  std::vector<std::string> runs;
  std::string data, split = "test", out;
  int views = 1;
  bool confusion = false, json = false;
  std::string precision;  // empty: each net's own
  DeviceArguments device;
};

struct Result {
  EnsembleEvaluation evaluation;
  Confusion confusion;
  std::vector<std::string> names;  // of the classes
};

std::vector<TrainedNet> open_nets(const EvalArguments& arguments, Device& device) {
  std::vector<TrainedNet> nets;
  for (const std::string& run : arguments.runs) {
    nets.push_back(open_trained_net(run, device, /*most_images=*/0, precision_from_name(arguments.precision)));
    const TrainedNet &first = nets.front(), &last = nets.back();
    if (last.net->plan().classes != first.net->plan().classes || last.header.class_names != first.header.class_names)
      throw UsageError(last.checkpoint.string(), "knows other classes than " + first.checkpoint.string(),
                       "average nets that were trained on the same data set");
  }
  return nets;
}

std::vector<std::string> class_names(const TrainedNet& net) {
  std::vector<std::string> names;
  for (int i = 0; i < net.net->plan().classes; ++i) names.push_back(net.class_name(i));
  return names;
}

// The largest batch that every net takes.
int common_batch(const std::vector<TrainedNet>& nets) {
  int batch = nets[0].recipe.batch;
  for (const TrainedNet& net : nets) batch = std::min(batch, net.recipe.batch);
  return batch;
}

Result evaluate_all(const std::vector<TrainedNet>& nets, const Dataset& data, int views) {
  std::vector<Member> members;
  for (const TrainedNet& net : nets) members.push_back({*net.net, *net.augmenter, view_windows(*net.transform, views)});
  Result result{.evaluation = {}, .confusion = Confusion(nets[0].net->plan().classes), .names = class_names(nets[0])};
  BatchReader reader(data, *nets[0].transform, common_batch(nets), /*seed=*/0, /*start=*/0, ReadMode::test);
  ProgressLine line(stderr);
  long images = 0;
  result.evaluation = evaluate(members, reader, [&](const Batch& batch, const Prediction& mean) {
    for (int i = 0; i < batch.count; ++i)
      result.confusion.add(batch.labels[size_t(i)], likeliest(mean.of(i), 1).front());
    line.update({.images = images += batch.count, .all_images = data.size()});
  });
  return result;
}

std::string errors(const Evaluation& evaluation) {
  return "error " + fixed(evaluation.error, 2) + " %, top-5 error " + fixed(evaluation.top5_error, 2) + " %, loss " +
         fixed(evaluation.loss, 4);
}

void print_text(const EvalArguments& arguments, const std::vector<TrainedNet>& nets, const Result& result) {
  const EnsembleEvaluation& evaluation = result.evaluation;
  const std::string images = grouped(evaluation.mean.images) + " images of the " + arguments.split + " set" +
                             (arguments.views > 1 ? ", " + std::to_string(arguments.views) + " views each" : "");
  for (size_t i = 0; i < nets.size(); ++i)
    std::cout << (nets.size() > 1 ? arguments.runs[i] + ": " : "") << nets[i].net->plan().name << " after "
              << grouped(nets[i].header.state.step) << " steps, " << images << ": " << errors(evaluation.members[i])
              << '\n';
  if (nets.size() > 1)
    std::cout << "mean of the " << nets.size() << " nets' predictions: " << errors(evaluation.mean) << '\n';
  if (arguments.confusion) std::cout << '\n' << confusion_text(result.confusion, result.names);
}

using Json = nlohmann::ordered_json;

Json to_json(const Evaluation& evaluation) {
  return {{"error", evaluation.error}, {"top5_error", evaluation.top5_error}, {"loss", evaluation.loss}};
}

void print_json(const EvalArguments& arguments, const std::vector<TrainedNet>& nets, const Result& result) {
  Json json = {{"data", arguments.data},
               {"split", arguments.split},
               {"images", result.evaluation.mean.images},
               {"views", arguments.views}};
  json.update(to_json(result.evaluation.mean));
  for (size_t i = 0; i < nets.size(); ++i) {
    Json net = {{"net", nets[i].net->plan().name},
                {"checkpoint", nets[i].checkpoint.string()},
                {"step", nets[i].header.state.step}};
    net.update(to_json(result.evaluation.members[i]));
    json["nets"].push_back(net);
  }
  for (int i = 0; i < result.confusion.classes(); ++i) {
    Json row = {{"name", result.names[size_t(i)]},
                {"images", result.confusion.images(i)},
                {"error", result.confusion.error(i)}};
    if (arguments.confusion)
      for (int predicted = 0; predicted < result.confusion.classes(); ++predicted)
        row["taken_for"].push_back(result.confusion.count(i, predicted));
    json["classes"].push_back(row);
  }
  std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

std::string title(const std::vector<TrainedNet>& nets, const Result& result) {
  std::string title = nets[0].net->plan().name;
  if (nets.size() > 1) title += " and " + std::to_string(nets.size() - 1) + " more";
  return title + ": " + fixed(result.evaluation.mean.error, 2) + " % of " + grouped(result.evaluation.mean.images) +
         " images wrong";
}

int eval(const EvalArguments& arguments) {
  if (!arguments.out.empty()) check_confusion_file(arguments.out);
  const auto device = open_device(arguments.device);
  const std::vector<TrainedNet> nets = open_nets(arguments, *device);
  const auto data = open_dataset(arguments.data, arguments.split == "test" ? Split::test : Split::train);
  for (const TrainedNet& net : nets) check_trained_for(net, *data);
  const Result result = evaluate_all(nets, *data, arguments.views);
  (arguments.json ? print_json : print_text)(arguments, nets, result);
  if (arguments.out.empty()) return kOk;
  write_confusion(arguments.out, title(nets, result), result.confusion, result.names);
  if (!arguments.json) std::cout << "\nWrote " << arguments.out << '\n';
  return kOk;
}

}  // namespace

void add_eval(CLI::App& tandem, Command& command) {
  CLI::App* parser = tandem.add_subcommand("eval", "Measure the error of nets on a data set");
  parser->footer(R"(Examples:
  tandem eval runs/mine --data /usr/share/datasets/fashion-mnist
  tandem eval runs/mine --data DIR --views 10 --confusion --out confusion.svg
  tandem eval runs/seed-1 runs/seed-2 runs/seed-3 --data DIR      # each, and the mean of their predictions

An image counts as wrong in the top 5 when five classes or more are ahead of its own. Of equally likely classes the one
with the lower number is ahead.
)");
  const auto arguments = std::make_shared<EvalArguments>();
  parser
      ->add_option("run", arguments->runs,
                   "A run's folder (its newest checkpoint is taken) or a checkpoint; of several the predicted "
                   "probabilities are averaged")
      ->required();
  parser->add_option("--data", arguments->data, "Folder of the data set")->required();
  parser->add_option("--split", arguments->split, "Which part of it: test or train")
      ->check(CLI::IsMember({"test", "train"}))
      ->capture_default_str();
  add_views_argument(*parser, arguments->views);
  parser->add_option("--precision", arguments->precision, kPrecisionHelp + std::string("that of each net's training"))
      ->check(CLI::IsMember(precision_names()));
  parser->add_flag("--confusion", arguments->confusion, "Also show each class's error and what it is taken for");
  parser->add_option("--out", arguments->out, "Write that table to this file: .svg draws it, .csv has all its numbers");
  parser->add_flag("--json", arguments->json, "Print JSON instead of text");
  add_device_arguments(*parser, arguments->device);
  parser->callback([=, &command] { command = [=] { return eval(*arguments); }; });
}

}  // namespace tandem
