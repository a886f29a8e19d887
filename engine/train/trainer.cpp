#include "engine/train/trainer.h"

#include <chrono>
#include <cmath>

#include "engine/core/error.h"

namespace tandem {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

}  // namespace

void check_data_fits(const std::string& net, const ImageShape& input, int classes, const Dataset& data,
                     const Transform& transform) {
  const ImageFormat image = transform.output();
  const ImageShape shape{image.height, image.width, image.channels};
  if (shape != input)
    throw UsageError(data.name(), "gives " + shape.text() + " images, but " + net + " takes " + input.text(),
                     "change the recipe's input.resize or augment.crop, or the net's input");
  if (data.classes() > classes)
    throw UsageError(
        data.name(),
        "has " + std::to_string(data.classes()) + " classes, but " + net + " has " + std::to_string(classes),
        "change the net's classes and the outputs of its last fully-connected layer");
}

size_t Trainer::memory_use(const NetOutline& plan, const Transform& transform, int batch) {
  return Augmenter::memory_use(transform, batch) + Sgd<float>::memory_use(plan) + StatisticsMeter::memory_use(plan);
}

Trainer::Trainer(AnyNet<float>& net, const Recipe& recipe, const Dataset& train, const Dataset& test,
                 const Normaliser& normaliser, const std::optional<ColourPca>& colours)
    : net_(net),
      recipe_(recipe),
      train_(train),
      test_(test),
      transform_(train.format(), recipe.input, recipe.augment, normaliser, colours),
      augmenter_(transform_, net.device(), recipe.batch),
      sgd_(net, recipe),
      statistics_(net) {
  for (const Dataset* data : {&train_, &test_})
    check_data_fits(net.plan().name, net.plan().input, net.plan().classes, *data, transform_);
  if (test_.format() != train_.format())
    throw UsageError(test_.name(), "has images of another size than the training set");
  if (train_.size() < recipe_.batch)
    throw UsageError(train_.name(),
                     "has only " + std::to_string(train_.size()) + " images, less than one batch of " +
                         std::to_string(recipe_.batch),
                     "use a smaller --batch");
}

long Trainer::steps_per_epoch() const { return train_.size() / recipe_.batch; }

long Trainer::total_steps() const { return recipe_.steps > 0 ? recipe_.steps : recipe_.epochs * steps_per_epoch(); }

void Trainer::check_finite(double loss) {
  if (std::isfinite(loss)) return;
  const std::string layer = net_.first_not_finite();
  throw DivergedError("step " + std::to_string(state_.step + 1),
                      "the loss is " + number(loss) + "; the first layer with a value that is not finite is " +
                          (layer.empty() ? net_.plan().layers.back().name : layer),
                      "try a smaller --rate");
}

bool Trainer::test_follows(long step) const { return step % steps_per_epoch() == 0 || step == total_steps(); }

void Trainer::train_step(const BatchReader& reader, NetFeeder& feeder, TrainObserver& observer) {
  const double start = now(), waited = reader.seconds_waited();
  StepReport report{.steps = total_steps(), .images = feeder.show()};
  const double epoch = double(state_.step) / double(steps_per_epoch());
  const Rates rates = rates_at(recipe_, epoch, state_.plateau);
  const bool measured = observer.wants_statistics(state_.step + 1);
  if (measured) statistics_.begin();
  net_.forward(/*training=*/true, recipe_.seed, uint64_t(state_.step));
  net_.backward();
  if (!test_follows(state_.step + 1)) feeder.fetch();  // a test needs the augmenter
  report.data_wait_seconds = reader.seconds_waited() - waited;
  const BatchResult result = net_.result();
  check_finite(result.loss);
  sgd_.update(rates);
  if (measured) report.statistics = statistics_.finish();
  ++state_.step;
  report.step = state_.step;
  report.epoch = double(state_.step) / double(steps_per_epoch());
  report.loss = result.loss;
  report.error = 100.0 * double(result.count - result.top1) / result.count;
  report.rate = rates.weights;
  report.seconds = now() - start;
  observer.step_done(report);
}

Evaluation Trainer::test(const std::function<bool()>& stop) {
  BatchReader reader(test_, transform_, recipe_.batch, recipe_.seed, 0, ReadMode::test);
  return evaluate({{net_, augmenter_, {transform_.centre()}}}, reader, /*watch=*/{}, stop).mean;
}

void Trainer::end_epoch(TrainObserver& observer, const std::function<bool()>& stop) {
  const Evaluation result = test(stop);
  if (result.images < test_.size()) return;  // stopped; a resumed run begins with this test
  state_.tested_step = state_.step;
  if (state_.step % steps_per_epoch() == 0) {  // else the run ends within an epoch: a longer one makes no such test
    if (result.error < state_.plateau.best_error) state_.best_step = state_.step;
    recipe_.rate.update(state_.plateau, result.error);
  }
  const long epochs = (state_.step + steps_per_epoch() - 1) / steps_per_epoch();
  observer.epoch_done({state_.step, int(epochs), result});
}

TrainEnd Trainer::run(TrainObserver& observer, const std::function<bool()>& stop, long checkpoint_every) {
  const auto save = [&] {
    if (const std::string layer = net_.first_parameter_not_finite(); !layer.empty())
      throw DivergedError("step " + std::to_string(state_.step), "the parameters of " + layer + " are not finite",
                          "try a smaller --rate");
    observer.save(state_);
  };
  const long total = total_steps();
  BatchReader reader(train_, transform_, recipe_.batch, recipe_.seed, state_.step, ReadMode::train);
  NetFeeder feeder(net_, augmenter_, reader);
  if (state_.step > 0 && test_follows(state_.step) && state_.tested_step < state_.step) {
    end_epoch(observer, stop);
    save();
  }
  bool stopped = stop();
  while (state_.step < total && !stopped) {
    train_step(reader, feeder, observer);
    stopped = stop();
    if (test_follows(state_.step) && !stopped) {
      end_epoch(observer, stop);
      stopped = stop();
    }
    if (test_follows(state_.step) || stopped || (checkpoint_every > 0 && state_.step % checkpoint_every == 0)) save();
  }
  return state_.tested_step == total ? TrainEnd::finished : TrainEnd::stopped;
}

}  // namespace tandem
