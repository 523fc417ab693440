#include "gui/runs/control_client.h"

#include <QDeadlineTimer>
#include <atomic>
#include <optional>
#include <utility>
#include <zmq.hpp>

#include "routing_probe/recording/run_folder.h"

namespace limoe::gui {
namespace {

constexpr int kPollMs = 15;
constexpr int kTimeoutMs = 2000;

qint64 nowMs() {
  return QDeadlineTimer::current(Qt::PreciseTimer).deadline();
}

}  // namespace

/// Where the socket is: found by the reader thread, since a folder can hang.
struct ControlClient::Address {
  std::unique_ptr<probe::SocketAddress> address;  ///< before `ready`: reader thread only
  QString error;
  std::atomic<bool> ready{false};
};

/// A DEALER socket that speaks to the worker's REP: an empty frame goes before each request. Unlike
/// a REQ socket it does not get stuck when a worker dies between request and answer.
struct ControlClient::Connection {
  zmq::context_t context{1};
  zmq::socket_t socket;

  explicit Connection(const std::string& endpoint) : socket(context, zmq::socket_type::dealer) {
    socket.set(zmq::sockopt::linger, 0);
    socket.connect(endpoint);
  }

  bool send(const std::string& text) {
    return socket.send(zmq::message_t(), zmq::send_flags::sndmore | zmq::send_flags::dontwait) &&
           socket.send(zmq::buffer(text), zmq::send_flags::dontwait);
  }

  /// The answer's last frame, once it is there.
  std::optional<std::string> receive() {
    zmq::message_t frame;
    while (socket.recv(frame, zmq::recv_flags::dontwait)) {
      if (!frame.more()) {
        return frame.to_string();
      }
    }
    return std::nullopt;
  }
};

ControlClient::ControlClient(ReaderThread& reader, const QString& run_folder, QObject* parent)
    : QObject(parent), address_(std::make_shared<Address>()) {
  reader.post(ReaderThread::Urgency::Now, [place = address_, folder = run_folder.toStdString()] {
    try {
      place->address = std::make_unique<probe::SocketAddress>(probe::RunFolder{folder});
    } catch (const std::exception& failure) {
      place->error = QString::fromStdString(failure.what());
    }
    place->ready = true;
  });
  poll_timer_.setInterval(kPollMs);
  connect(&poll_timer_, &QTimer::timeout, this, &ControlClient::poll);
}

ControlClient::~ControlClient() = default;

void ControlClient::send(const char* command, Handler handler) {
  send(nlohmann::json{{"command", command}}, std::move(handler));
}

void ControlClient::send(const nlohmann::json& request, Handler handler) {
  queue_.push_back({request.dump(), std::move(handler)});
  if (queue_.size() == 1) {
    sendNext();
  }
}

void ControlClient::sendNext() {
  sent_ = false;
  deadline_ms_ = nowMs() + kTimeoutMs;
  poll_timer_.start();
}

std::optional<ControlClient::Outcome> ControlClient::exchange() {
  if (!address_->ready) {
    return std::nullopt;
  }
  if (!address_->address) {
    return Outcome{{}, address_->error, false};
  }
  if (!connection_) {
    connection_ = std::make_unique<Connection>(address_->address->zmqEndpoint());
  }
  if (!sent_) {
    sent_ = connection_->send(queue_.front().text);
  }
  const auto text = connection_->receive();
  if (!text) {
    return std::nullopt;
  }
  Outcome outcome{nlohmann::json::parse(*text), {}, true};
  if (!outcome.reply.value("ok", false)) {
    outcome.error = QString::fromStdString(outcome.reply.value("error", "the worker refused"));
  }
  return outcome;
}

void ControlClient::poll() {
  std::optional<Outcome> outcome;
  try {
    outcome = exchange();
  } catch (const std::exception& failure) {
    outcome = Outcome{{}, QString("cannot talk to the worker: %1").arg(failure.what()), false};
  }
  if (!outcome && nowMs() > deadline_ms_) {
    outcome = Outcome{{}, "the worker does not answer", false};
  }
  if (!outcome) {
    return;
  }
  if (!outcome->answered) {
    // A late answer must not be taken for that of the next request.
    connection_.reset();
  }
  finish(*outcome);
}

void ControlClient::finish(const Outcome& outcome) {
  const Request request = std::move(queue_.front());
  queue_.pop_front();
  if (queue_.empty()) {
    poll_timer_.stop();
  } else {
    sendNext();
  }
  request.handler(outcome);  // may delete this client: nothing of it is used afterwards
}

}  // namespace limoe::gui
