#include "routing_probe/worker/control_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <zmq.hpp>

#include "model/config_json.h"

namespace limoe::probe {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// Kept for those who ask what came of them; under way at once may be half of them.
constexpr std::size_t kProbesKept = 8;
/// An event's text has 472 bytes, and words may come before.
constexpr std::size_t kMostChangeBytes = 440;
constexpr auto kPollInterval = std::chrono::milliseconds(50);

const char* name(WorkerState state) {
  switch (state) {
    case WorkerState::Training:
      return "training";
    case WorkerState::Paused:
      return "paused";
    case WorkerState::Waiting:
      return "waiting";
    case WorkerState::Stopping:
      break;
  }
  return "stopping";
}

/// Whether some process accepts connections on the socket.
bool isListening(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(descriptor);
  return connected;
}

/// What may be changed while training, by dotted key.
ordered_json liveValues(const model::RunConfig& config) {
  const ordered_json all = model::toJson(config);
  ordered_json live;
  for (const auto& [key, value] : all["aux"].items()) {
    live["aux." + key] = value;
  }
  if (!all["moe"].is_null()) {
    for (const char* key : {"noise_std", "capacity_factor", "priority"}) {
      live[std::string("moe.") + key] = all["moe"][key];
    }
  }
  live["train.learning_rate"] = all["train"]["learning_rate"];
  return live;
}

std::string failure(const std::string& error) {
  // `error` can quote a request that is not UTF-8.
  return json{{"ok", false}, {"error", error}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::vector<std::string> changesTexts(const model::RunConfig& before,
                                      const model::RunConfig& after) {
  const ordered_json old_values = liveValues(before);
  const ordered_json new_values = liveValues(after);
  std::vector<std::string> texts;
  for (const auto& [key, value] : new_values.items()) {
    if (old_values[key] == value) {
      continue;
    }
    const std::string text = key + " " + old_values[key].dump() + " → " + value.dump();
    if (texts.empty() || texts.back().size() + text.size() > kMostChangeBytes) {
      texts.push_back(text);
    } else {
      texts.back() += ", " + text;
    }
  }
  return texts;
}

struct ControlServer::Socket {
  explicit Socket(const RunFolder& folder)
      : address(folder), socket(context, zmq::socket_type::rep) {
    socket.set(zmq::sockopt::linger, 0);
  }
  SocketAddress address;
  zmq::context_t context{1};
  zmq::socket_t socket;
};

ControlServer::ControlServer(const RunFolder& folder, const model::RunConfig& config)
    : folder_(folder), socket_(std::make_unique<Socket>(folder)), config_(config) {
  const std::string path = socket_->address.path();
  if (isListening(path)) {
    throw std::runtime_error(folder.socket().string() +
                             ": another program listens on this socket; stop it, or train into "
                             "another folder");
  }
  std::error_code code;
  std::filesystem::remove(folder.socket(), code);
  // For the user alone from its first moment, not only after a chmod.
  const mode_t mask = ::umask(0177);
  try {
    socket_->socket.bind(socket_->address.zmqEndpoint());
  } catch (const zmq::error_t& error) {
    ::umask(mask);
    throw std::runtime_error(folder.socket().string() +
                             ": the control socket cannot be made: " + error.what());
  }
  ::umask(mask);
  thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

ControlServer::~ControlServer() {
  thread_.request_stop();
  thread_.join();
  socket_.reset();
  std::error_code code;
  std::filesystem::remove(folder_.socket(), code);
}

void ControlServer::publish(const WorkerStatus& status) {
  const std::lock_guard lock(mutex_);
  status_ = status;
}

std::optional<Command> ControlServer::poll() {
  return wait(0);
}

std::optional<Command> ControlServer::wait(double seconds) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, std::chrono::duration<double>(seconds),
                    [this] { return !commands_.empty(); });
  if (commands_.empty()) {
    return std::nullopt;
  }
  Command command = std::move(commands_.front());
  commands_.pop_front();
  return command;
}

void ControlServer::enqueue(Command command) {
  commands_.push_back(std::move(command));
  arrived_.notify_all();
}

void ControlServer::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      zmq::pollitem_t item{socket_->socket.handle(), 0, ZMQ_POLLIN, 0};
      zmq::poll(&item, 1, kPollInterval);
      zmq::message_t request;
      if ((item.revents & ZMQ_POLLIN) != 0 &&
          socket_->socket.recv(request, zmq::recv_flags::dontwait)) {
        socket_->socket.send(zmq::buffer(answer(request.to_string())), zmq::send_flags::dontwait);
      }
    } catch (const zmq::error_t&) {
      // A client that vanished between request and answer; the next one is served.
    }
  }
}

std::string ControlServer::answer(const std::string& request) {
  static const std::map<std::string, CommandKind> kCommands = {
      {"pause", CommandKind::Pause},
      {"resume", CommandKind::Resume},
      {"step", CommandKind::Step},
      {"stop", CommandKind::Stop},
      {"checkpoint", CommandKind::Checkpoint},
      {"retry", CommandKind::Retry}};
  json message;
  try {
    message = model::parseJson(request, "the request");
  } catch (const model::ConfigError&) {  // stays null
  }
  if (!message.is_object() || !message.contains("command") || !message["command"].is_string()) {
    return failure("a request is a JSON object such as {\"command\": \"status\"}");
  }
  const auto command = message["command"].get<std::string>();
  const std::lock_guard lock(mutex_);
  ordered_json reply = {{"ok", true}, {"state", name(status_.state)}};
  if (command == "status") {
    const auto finite = [](double x) { return std::isfinite(x) ? json(x) : json(nullptr); };
    reply["step"] = status_.step;
    reply["steps"] = status_.steps;
    reply["loss"] = finite(status_.loss);
    reply["pairs_per_second"] = finite(status_.pairs_per_second);
    reply["seconds_left"] = finite(status_.seconds_left);
    reply["message"] = status_.message;
    reply["pid"] = ::getpid();
    reply["live"] = liveValues(config_);
    return reply.dump();
  }
  if (command == "set") {
    try {
      const auto changed = model::withLiveChanges(config_, message.value("values", json::object()));
      if (!changesTexts(config_, changed).empty()) {
        enqueue({CommandKind::SetConfig, changed, {}, nullptr});
      }
      config_ = changed;
      return reply.dump();
    } catch (const std::exception& error) {
      return failure(error.what());
    }
  }
  if (command == "probe") {
    try {
      return answerProbe(message, std::move(reply));
    } catch (const std::runtime_error& error) {
      return failure(error.what());
    }
  }
  const auto found = kCommands.find(command);
  if (found == kCommands.end()) {
    return failure(
        "there is no command \"" + command +
        "\"; possible: status, pause, resume, step, stop, checkpoint, retry, set, probe");
  }
  const json folder = message.value("folder", json(""));
  if (!folder.is_string()) {
    return failure("\"folder\" is a text: where to save what the run's folder has no room for");
  }
  if (command == "stop" && status_.state == WorkerState::Waiting && folder == "") {
    return failure(status_.message +
                   "\nIt cannot stop without losing that. Give it a folder to "
                   "save it in (stop --folder DIR), or make room");
  }
  if (command == "stop" && status_.state != WorkerState::Waiting && folder != "") {
    return failure("it does not wait for room; stop it without a folder");
  }
  enqueue({found->second, {}, folder.get<std::string>(), nullptr});
  return reply.dump();
}

std::string ControlServer::answerProbe(const json& request, ordered_json reply) {
  if (request.contains("samples")) {
    const auto under_way = std::count_if(probes_.begin(), probes_.end(), [](const auto& entry) {
      return !entry.second->state().done;
    });
    if (under_way >= static_cast<int64_t>(kProbesKept / 2)) {
      return failure("there are " + std::to_string(under_way) +
                     " probes under way; try again when one is done");
    }
    auto job = std::make_shared<OwnProbeJob>(ownSamplesFromJson(request["samples"]));
    const int64_t id = probes_.empty() ? 1 : probes_.rbegin()->first + 1;
    probes_[id] = job;
    const auto finished = std::find_if(probes_.begin(), probes_.end(), [](const auto& entry) {
      return entry.second->state().done;
    });
    if (probes_.size() > kProbesKept && finished != probes_.end()) {
      probes_.erase(finished);
    }
    enqueue({CommandKind::Probe, {}, {}, std::move(job)});
    reply["probe"] = id;
    return reply.dump();
  }
  const json id = request.value("probe", json());
  const auto found = id.is_number_integer() ? probes_.find(id.get<int64_t>()) : probes_.end();
  if (found == probes_.end()) {
    return failure("a probe has \"samples\", or the number of one that is under way in \"probe\"");
  }
  if (request.value("cancel", json(false)) == json(true)) {
    found->second->cancel();
  }
  const OwnProbeState state = found->second->state();
  reply["probe"] = found->first;
  reply["done"] = state.done;
  if (!state.done) {
    reply["doing"] = state.doing;
  } else if (state.error.empty()) {
    reply["recording"] = state.recording;
    reply["step"] = state.step;
    reply["samples"] = state.samples;
    reply["remarks"] = state.remarks;
  } else {
    reply["failed"] = state.error;
  }
  // A file's name can be anything.
  return reply.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string askWorker(const RunFolder& folder, const std::string& request, double seconds) {
  if (!std::filesystem::exists(folder.socket())) {
    throw std::runtime_error(folder.path.string() +
                             ": no worker runs here (there is no control.sock)");
  }
  const SocketAddress address(folder);
  zmq::context_t context(1);
  zmq::socket_t socket(context, zmq::socket_type::req);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(seconds * 1000));
  socket.connect(address.zmqEndpoint());
  socket.send(zmq::buffer(request), zmq::send_flags::none);
  zmq::message_t reply;
  if (!socket.recv(reply, zmq::recv_flags::none)) {
    throw std::runtime_error(folder.path.string() +
                             ": its worker does not answer; it has ended, "
                             "or it hangs");
  }
  return reply.to_string();
}

}  // namespace limoe::probe
