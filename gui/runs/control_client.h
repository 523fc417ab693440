// Asks and steers the worker of a run through the socket in the run's folder, without ever waiting.
//
// Protocol: one JSON text per frame. {"command":"status"} and {"command":"pause" | "resume" |
// "step" | "stop" | "checkpoint"}, {"command":"set","values":{"aux.weight":0.1,…}},
// {"command":"probe",…} (gui/inspect/own_probe.h); answers {"ok":true,"state":…,…} or
// {"ok":false,"error":"…"}.
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>
#include <deque>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "gui/runs/reader_thread.h"

namespace limoe::gui {

class ControlClient : public QObject {
  Q_OBJECT
 public:
  /// What came of a request. `reply` is the worker's answer where `error` is empty.
  struct Outcome {
    nlohmann::json reply;
    QString error;          ///< in words: refused by the worker, or no answer within two seconds
    bool answered = false;  ///< whether the worker answered at all
  };
  using Handler = std::function<void(const Outcome&)>;

  ControlClient(ReaderThread& reader, const QString& run_folder, QObject* parent = nullptr);
  ~ControlClient() override;

  /// Sends after the requests before it; `handler` is called once, later, unless this object dies
  /// first.
  void send(const nlohmann::json& request, Handler handler);
  /// A command without values.
  void send(const char* command, Handler handler);

 private:
  struct Address;
  struct Connection;
  struct Request {
    std::string text;
    Handler handler;
  };

  void sendNext();
  void poll();
  std::optional<Outcome> exchange();
  void finish(const Outcome& outcome);

  std::shared_ptr<Address> address_;
  std::unique_ptr<Connection> connection_;
  std::deque<Request> queue_;  ///< the first is under way once `sent_`
  bool sent_ = false;
  QTimer poll_timer_;
  qint64 deadline_ms_ = 0;
};

}  // namespace limoe::gui
