// `limoe sweep`: several settings, several seeds, one table.
#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "model/json_text.h"
#include "model/model_size.h"
#include "routing_probe/worker/commands.h"
#include "routing_probe/worker/sweep_runner.h"

namespace limoe::probe {
namespace {

std::atomic<int> g_interrupts{0};
static_assert(std::atomic<int>::is_always_lock_free, "the signal handler needs it");

void countInterrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { ++g_interrupts; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction present {};
    sigaction(signal, nullptr, &present);
    if (present.sa_handler != SIG_IGN) {  // nohup wants it ignored
      sigaction(signal, &action, nullptr);
    }
  }
  std::signal(SIGPIPE, SIG_IGN);  // whoever read the progress has gone
}

struct SweepOptions {
  std::string spec, out;
  int64_t jobs = 1;
  bool dry_run = false;
};

std::string textOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error(path.string() + ": cannot be opened");
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

void list(const SweepRunner& sweep) {
  int64_t steps = 0;
  for (const SweepRunner::Planned& planned : sweep.plan()) {
    const model::RunConfig& config = planned.run.config;
    const bool finished = planned.state == SweepRunner::State::Finished;
    std::cout << planned.folder.path.string() << ": "
              << (finished ? "finished"
                  : planned.state == SweepRunner::State::New
                      ? "new"
                      : "goes on after step " + std::to_string(planned.steps))
              << "; " << config.train.steps << " steps of " << config.train.batch_size << " pairs, "
              << config.train.threads << (config.train.threads == 1 ? " thread, " : " threads, ")
              << model::modelSize(config.model).parameters << " parameters\n";
    steps += finished ? 0 : config.train.steps - planned.steps;
  }
  std::cout << sweep.plan().size() << " runs, " << steps << " steps to do\n";
}

int sweep(const SweepOptions& options) {
  const std::string text = textOf(options.spec);
  model::SweepSpec spec;
  try {
    spec = model::sweepSpecFromJson(model::parseJson(text, options.spec));
  } catch (const model::ConfigError& error) {
    std::string faults;
    for (const std::string& fault : error.faults()) {
      faults += (faults.empty() ? "" : "\n") +
                (fault.starts_with(options.spec) ? fault : options.spec + ": " + fault);
    }
    throw std::runtime_error(faults);
  }
  const std::filesystem::path folder = options.out.empty() ? "runs/" + spec.name : options.out;
  SweepRunner runner(spec, folder, options.jobs);
  if (options.dry_run) {
    list(runner);
    return 0;
  }
  countInterrupts();
  return runner.run(text, g_interrupts) ? 0 : 1;
}

}  // namespace

void addSweepCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<SweepOptions>();
  auto* command =
      app.add_subcommand("sweep", "Train several settings from several seeds and compare them");
  command->footer(
      "SPEC.json: {\"name\": …, \"base\": {any configuration}, \"steps\": 200, \"seeds\": 3 or [0, "
      "1, 2],\n"
      "  \"variants\": [{\"name\": …, \"setting\": \"classic\", \"set\": {\"aux.weight\": 0.1}}, "
      "…]} (README, \"Sweeps\").\n"
      "Each run is a `limoe train` in DIR/VARIANT-seedN, with the cores shared out among those at "
      "work. The same\ncommand again keeps finished runs and goes on with others. Ctrl+C ends the "
      "runs under way after their step.\n"
      "DIR/table.md, table.csv: mean ± standard deviation over seeds, written anew after every "
      "run; runs.csv: each run.\n"
      "Exit status 1 where not all runs are finished.\n"
      "Examples:\n"
      "  limoe sweep assets/losses.json --dry-run\n"
      "  limoe sweep assets/losses.json --out runs/losses --jobs 2");
  command->add_option("spec", options->spec, "what to train (JSON)")->required();
  command->add_option("--out", options->out, "folder of all its runs (default: runs/NAME)");
  command->add_option("--jobs", options->jobs, "runs at a time")->check(CLI::Range(1, 256));
  command->add_flag("--dry-run", options->dry_run, "say what would be trained, and train nothing");
  command->callback([options, &status] { status = sweep(*options); });
}

}  // namespace limoe::probe
