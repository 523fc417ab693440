// The user's own images and captions reach a worker, living or started for them, and what comes of
// it – a recording, remarks, a refusal – reaches the user.
#include "gui/inspect/own_probe.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <QApplication>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTreeWidget>
#include <QUrl>
#include <QtTest>
#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <zmq.hpp>

#include "gui/inspect/own_probe_dialog.h"
#include "gui/runs/recording_source.h"
#include "routing_probe/recording/run_folder.h"

namespace limoe::gui {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr int kPatienceMs = 20000;

/// A worker's control socket that answers as it is told.
class FakeSocket {
 public:
  using Answer = std::function<json(const json& request)>;
  FakeSocket(const QString& run, Answer answer)
      : address_(probe::RunFolder{run.toStdString()}), answer_(std::move(answer)) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 20);
    socket_.bind(address_.zmqEndpoint());
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }

  std::vector<json> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  void fallSilent() { silent_ = true; }

 private:
  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      zmq::message_t message;
      if (silent_) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        continue;
      }
      if (!socket_.recv(message)) {
        continue;
      }
      const json request = json::parse(message.to_string());
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      socket_.send(zmq::buffer(answer_(request).dump()), zmq::send_flags::none);
    }
  }

  probe::SocketAddress address_;
  zmq::context_t context_;
  zmq::socket_t socket_{context_, zmq::socket_type::rep};
  Answer answer_;
  std::atomic<bool> silent_ = false;
  mutable std::mutex mutex_;
  std::vector<json> requests_;
  std::jthread thread_;
};

class OwnProbeTest : public testing::Test {
 protected:
  QString makeRun(const QString& name) {
    QDir(folder_.path()).mkdir(name);
    return folder_.filePath(name);
  }
  static json requestOf(const QString& run) {
    QFile file(run + "/request.json");
    return file.open(QIODevice::ReadOnly) ? json::parse(file.readAll().toStdString()) : json();
  }
  QString makePicture(const QString& name, const QColor& color) {
    QImage image(40, 20, QImage::Format_RGB32);
    image.fill(color);
    const QString path = folder_.filePath(name);
    EXPECT_TRUE(image.save(path));
    return path;
  }
  static bool isAlive(const QString& run) {
    QFile file(run + "/pid");
    return file.open(QIODevice::ReadOnly) && kill(file.readAll().toInt(), 0) == 0;
  }

  QTemporaryDir folder_;
  std::shared_ptr<ReaderThread> reader_ = std::make_shared<ReaderThread>();
  const std::vector<OwnSample> samples_ = {
      {"/tmp/a b.png", {}}, {"/tmp/c.tif", "a house"}, {{}, "--a “tree”"}};
  const json samples_json_ = {{{"image", "/tmp/a b.png"}},
                              {{"image", "/tmp/c.tif"}, {"caption", "a house"}},
                              {{"caption", "--a “tree”"}}};
};

/// What a probe has told.
struct Told {
  explicit Told(const OwnProbe& probe)
      : progress(&probe, &OwnProbe::progress),
        finished(&probe, &OwnProbe::finished),
        failed(&probe, &OwnProbe::failed) {}
  bool wait() {
    return QTest::qWaitFor([this] { return !finished.isEmpty() || !failed.isEmpty(); },
                           kPatienceMs);
  }
  std::string failure() const {
    return failed.isEmpty() ? "" : failed.first().first().toString().toStdString();
  }
  QSignalSpy progress, finished, failed;
};

TEST_F(OwnProbeTest, AWorkerIsStartedOnTheCheckpoint) {
  const QString run = makeRun("run");
  OwnProbe probe(reader_, LIMOE_FAKE_OWN_WORKER);
  Told told(probe);
  probe.start(run, false, samples_);
  EXPECT_TRUE(probe.isBusy());
  ASSERT_TRUE(told.wait());
  EXPECT_EQ(told.failure(), "");
  EXPECT_FALSE(probe.isBusy());
  EXPECT_EQ(requestOf(run), (json{{"samples", samples_json_}}));
  EXPECT_EQ(told.finished.first()[0].toString(), run + "/probes/own-7.h5");
  EXPECT_EQ(told.finished.first()[1].toStringList(), QStringList{"caption “x”: unknown"});
  EXPECT_TRUE(std::any_of(told.progress.begin(), told.progress.end(), [](const auto& signal) {
    return signal.first().toString().contains("routing 3 samples");
  }));
  // What the window does with it.
  RecordingSource source(reader_, told.finished.first()[0].toString());
  ASSERT_TRUE(QTest::qWaitFor([&] { return source.data() != nullptr; }, kPatienceMs));
  EXPECT_EQ(source.data()->layout.samples, 3);
  EXPECT_EQ(source.data()->name.toStdString(), "run · yours");
  EXPECT_FALSE(source.isLive());
}

TEST_F(OwnProbeTest, WhatTheWorkerSaysIsTheFailure) {
  OwnProbe probe(reader_, LIMOE_FAKE_OWN_WORKER);
  Told told(probe);
  probe.start(makeRun("broken"), false, samples_);
  ASSERT_TRUE(told.wait());
  EXPECT_EQ(told.failure(), "none of the images and captions can be used\n  /a.png: is damaged");
  EXPECT_TRUE(told.finished.isEmpty());
}

TEST_F(OwnProbeTest, WithoutAProgramItSaysSo) {
  OwnProbe none(reader_, {});
  Told of_none(none);
  none.start(makeRun("a"), false, samples_);
  ASSERT_TRUE(of_none.wait());
  EXPECT_THAT(of_none.failure(), HasSubstr("neither beside limoe-scope nor on the PATH"));
  OwnProbe missing(reader_, "/nowhere/limoe");
  Told of_missing(missing);
  missing.start(makeRun("b"), false, samples_);
  ASSERT_TRUE(of_missing.wait());
  EXPECT_THAT(of_missing.failure(), HasSubstr("cannot start /nowhere/limoe"));
}

TEST_F(OwnProbeTest, TheLivingWorkerIsAskedUntilItIsDone) {
  const QString run = makeRun("run");
  int asked = 0;
  FakeSocket socket(run, [&](const json& request) -> json {
    if (request.contains("samples")) {
      return {{"ok", true}, {"probe", 4}};
    }
    if (++asked < 3) {
      return {{"ok", true}, {"probe", 4}, {"done", false}, {"doing", "reading 2 of 3"}};
    }
    return {{"ok", true},   {"probe", 4},        {"done", true}, {"recording", "/run/own-9.h5"},
            {"samples", 3}, {"remarks", {"one"}}};
  });
  OwnProbe probe(reader_, {});
  Told told(probe);
  probe.start(run, true, samples_);
  ASSERT_TRUE(told.wait());
  EXPECT_EQ(told.failure(), "");
  EXPECT_EQ(told.finished.first()[0].toString(), "/run/own-9.h5");
  EXPECT_EQ(told.finished.first()[1].toStringList(), QStringList{"one"});
  EXPECT_EQ(told.progress.last().first().toString(), "reading 2 of 3");
  const auto requests = socket.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[0], (json{{"command", "probe"}, {"samples", samples_json_}}));
  EXPECT_EQ(requests[3], (json{{"command", "probe"}, {"probe", 4}}));
}

TEST_F(OwnProbeTest, WhatTheLivingWorkerRefusesIsTheFailure) {
  const QString run = makeRun("run");
  bool accept = false;
  FakeSocket socket(run, [&](const json& request) -> json {
    if (!accept) {
      return {{"ok", false}, {"error", "there are 4 probes under way"}};
    }
    return request.contains("samples")
               ? json{{"ok", true}, {"probe", 1}}
               : json{{"ok", true}, {"done", true}, {"failed", "/a.png: is damaged"}};
  });
  OwnProbe probe(reader_, {});
  Told refused(probe);
  probe.start(run, true, samples_);
  ASSERT_TRUE(refused.wait());
  EXPECT_EQ(refused.failure(), "there are 4 probes under way");
  accept = true;
  Told damaged(probe);
  probe.start(run, true, samples_);
  ASSERT_TRUE(damaged.wait());
  EXPECT_EQ(damaged.failure(), "/a.png: is damaged");
}

TEST_F(OwnProbeTest, AWorkerThatEndsMeanwhileIsReplaced) {
  const QString run = makeRun("run");
  FakeSocket* socket = nullptr;
  FakeSocket real(run, [&](const json&) -> json {
    socket->fallSilent();
    return {{"ok", true}, {"probe", 1}};
  });
  socket = &real;
  OwnProbe probe(reader_, LIMOE_FAKE_OWN_WORKER);
  Told told(probe);
  probe.start(run, true, samples_);
  ASSERT_TRUE(told.wait());
  EXPECT_EQ(told.failure(), "");
  EXPECT_EQ(told.finished.first()[0].toString(), run + "/probes/own-7.h5");
  EXPECT_THAT(told.finished.first()[1].toStringList().first().toStdString(),
              HasSubstr("did not answer any more: routed with the newest checkpoint"));
}

TEST_F(OwnProbeTest, CancellingEndsTheWorkerThatWasStartedAndTellsTheLivingOne) {
  const QString run = makeRun("slow");
  OwnProbe probe(reader_, LIMOE_FAKE_OWN_WORKER);
  Told told(probe);
  probe.start(run, false, samples_);
  ASSERT_TRUE(QTest::qWaitFor([&] { return isAlive(run); }, kPatienceMs));
  probe.cancel();
  EXPECT_FALSE(probe.isBusy());
  EXPECT_TRUE(QTest::qWaitFor([&] { return !isAlive(run); }, kPatienceMs));

  const QString live = makeRun("live");
  FakeSocket socket(live, [&](const json&) -> json {
    return {{"ok", true}, {"probe", 8}, {"done", false}, {"doing", "reading"}};
  });
  probe.start(live, true, samples_);
  ASSERT_TRUE(QTest::qWaitFor([&] { return socket.requests().size() >= 2; }, kPatienceMs));
  probe.cancel();
  const json cancel = {{"command", "probe"}, {"probe", 8}, {"cancel", true}};
  EXPECT_TRUE(QTest::qWaitFor([&] { return socket.requests().back() == cancel; }, kPatienceMs));
  EXPECT_TRUE(told.finished.isEmpty() && told.failed.isEmpty());
}

// ---------------------------------------------------------------------------------------------
// The dialog

template <typename Widget>
Widget* find(QWidget& in, const char* name) {
  auto* widget = in.findChild<Widget*>(name);
  EXPECT_NE(widget, nullptr) << name;
  return widget;
}

void drop(QWidget& on, QMimeData* data) {
  QDragEnterEvent enter({9, 9}, Qt::CopyAction, data, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&on, &enter);
  ASSERT_TRUE(enter.isAccepted());
  QDropEvent dropped({9, 9}, Qt::CopyAction, data, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&on, &dropped);
}

TEST_F(OwnProbeTest, DroppedImagesAndTypedCaptionsAreRouted) {
  const QString run = makeRun("run");
  const QString red = makePicture("red.png", Qt::red);
  const QString blue = makePicture("blue.png", Qt::blue);
  OwnProbeDialog dialog(reader_, LIMOE_FAKE_OWN_WORKER);
  QSignalSpy routed(&dialog, &OwnProbeDialog::routed);
  dialog.show();
  auto* route = find<QPushButton>(dialog, "routeOwn");
  auto* images = find<QTreeWidget>(dialog, "ownImages");
  auto* captions = find<QPlainTextEdit>(dialog, "ownCaptions");
  EXPECT_FALSE(route->isEnabled());  // no run, nothing to route
  dialog.setRun("demo", run, false);
  EXPECT_FALSE(route->isEnabled());

  QMimeData files;
  files.setUrls({QUrl::fromLocalFile(red), QUrl::fromLocalFile(blue), QUrl::fromLocalFile(red)});
  drop(dialog, &files);
  ASSERT_EQ(images->topLevelItemCount(), 2);  // the same file once
  QMimeData text;
  text.setText("a tree");
  drop(dialog, &text);
  // A thumbnail of the picture replaces the card.
  EXPECT_TRUE(QTest::qWaitFor(
      [&] {
        const QImage icon = images->topLevelItem(0)->icon(0).pixmap(56, 56).toImage();
        return icon.pixelColor(28, 28) == Qt::red;
      },
      kPatienceMs));

  // From here on by keyboard: the first image's caption, a second caption alone, Route.
  auto* edit = images->itemWidget(images->topLevelItem(1), 1)->findChild<QLineEdit*>();
  ASSERT_NE(edit, nullptr);
  edit->setFocus();
  QTest::keyClicks(edit, "a blue wall");
  captions->setFocus();
  captions->moveCursor(QTextCursor::End);
  QTest::keyClick(captions, Qt::Key_Return);
  QTest::keyClicks(captions, "a sign");
  EXPECT_EQ(route->text(), "&Route 4");
  route->setFocus();
  QTest::keyClick(route, Qt::Key_Space);
  EXPECT_FALSE(route->isEnabled());
  ASSERT_TRUE(QTest::qWaitFor([&] { return !routed.isEmpty(); }, kPatienceMs));
  EXPECT_EQ(requestOf(run)["samples"],
            (json{{{"image", red.toStdString()}},
                  {{"image", blue.toStdString()}, {"caption", "a blue wall"}},
                  {{"caption", "a tree"}},
                  {{"caption", "a sign"}}}));
  EXPECT_EQ(routed.first()[0].toString(), run + "/probes/own-7.h5");
  auto* remarks = find<QPlainTextEdit>(dialog, "ownProbeRemarks");
  EXPECT_TRUE(remarks->isVisible());
  EXPECT_EQ(remarks->toPlainText(), "caption “x”: unknown");
  EXPECT_TRUE(route->isEnabled());

  // Del takes the chosen image away.
  images->setFocus();
  images->setCurrentItem(images->topLevelItem(0));
  QTest::keyClick(images, Qt::Key_Delete);
  ASSERT_EQ(images->topLevelItemCount(), 1);
  EXPECT_EQ(images->topLevelItem(0)->text(0), "blue.png");
  EXPECT_EQ(route->text(), "&Route 3");
}

TEST_F(OwnProbeTest, EscEndsWhatIsUnderWayThenCloses) {
  const QString run = makeRun("slow");
  OwnProbeDialog dialog(reader_, LIMOE_FAKE_OWN_WORKER);
  dialog.setRun("demo", run, false);
  dialog.addCaption("a tree");
  dialog.show();
  find<QPushButton>(dialog, "routeOwn")->click();
  ASSERT_TRUE(QTest::qWaitFor([&] { return isAlive(run); }, kPatienceMs));
  QTest::keyClick(&dialog, Qt::Key_Escape);
  EXPECT_TRUE(dialog.isVisible());
  EXPECT_TRUE(QTest::qWaitFor([&] { return !isAlive(run); }, kPatienceMs));
  QTest::keyClick(&dialog, Qt::Key_Escape);
  EXPECT_FALSE(dialog.isVisible());
}

}  // namespace
}  // namespace limoe::gui
