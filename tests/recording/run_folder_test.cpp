#include "routing_probe/recording/run_folder.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <thread>

#include "routing_probe/recording/recording_error.h"
#include "tests/recording/recording_test_support.h"

namespace limoe::probe::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(RunFolder, FindsItsPartsInOrder) {
  const TestFolder folder;
  const RunFolder run{folder.path()};
  EXPECT_TRUE(run.parts().empty());
  EXPECT_FALSE(run.isRun());
  for (int part = 12; part >= 1; --part) {
    std::ofstream(run.recording(part)).flush();
  }
  for (const char* other : {"recording-0.h5", "recording-1.h5", "recording-02.h5", "recording-x.h5",
                            "recording.h5.creating", "recording-3.h5x"}) {
    std::ofstream(folder / other).flush();
  }
  const auto parts = run.parts();
  ASSERT_EQ(parts.size(), 12u);
  EXPECT_EQ(parts[0].filename(), "recording.h5");
  EXPECT_EQ(parts[1].filename(), "recording-2.h5");
  EXPECT_EQ(parts[9].filename(), "recording-10.h5");
  EXPECT_TRUE(run.isRun());
  std::filesystem::remove(run.recording(4));
  EXPECT_THAT([&] { run.parts(); },
              testing::ThrowsMessage<RecordingError>(HasSubstr("recording-4.h5 is missing")));
}

TEST(RunFolder, IsFoundFromAnyPart) {
  EXPECT_EQ(runFolderOf("runs/demo").path, "runs/demo");
  EXPECT_EQ(runFolderOf("runs/demo/recording.h5").path, "runs/demo");
  EXPECT_EQ(runFolderOf("runs/demo/recording-3.h5").path, "runs/demo");
  EXPECT_EQ(runFolderOf("recording.h5").path, ".");
}

TEST(RunLock, IsHeldByOneWorkerUntilItEnds) {
  const TestFolder test_folder;
  const RunFolder folder{test_folder.path()};
  EXPECT_FALSE(RunLock::isHeld(folder));
  ChildProcess worker([&](ChildProcess::Turns& turns) {
    const RunLock lock(folder);
    turns.report(getpid());
    turns.wait();
  });
  const int64_t pid = worker.next();
  ASSERT_GT(pid, 0);
  EXPECT_TRUE(RunLock::isHeld(folder));
  EXPECT_THAT([&] { RunLock lock(folder); },
              testing::ThrowsMessage<RecordingError>(testing::AllOf(
                  HasSubstr(folder.path.string()), HasSubstr("process " + std::to_string(pid)))));
  worker.kill();
  EXPECT_FALSE(RunLock::isHeld(folder));
  const RunLock lock(folder);
  EXPECT_TRUE(RunLock::isHeld(folder));
}

TEST(RunLock, IsTakenWhileOthersLook) {
  const TestFolder test_folder;
  const RunFolder folder{test_folder.path()};
  { const RunLock lock(folder); }
  std::atomic<bool> stop = false;
  std::thread looker([&] {
    while (!stop) {
      RunLock::isHeld(folder);
    }
  });
  for (int i = 0; i < 50; ++i) {
    EXPECT_NO_THROW(RunLock lock(folder));
  }
  stop = true;
  looker.join();
}

TEST(RunLock, NamesAFolderThatIsNotThere) {
  EXPECT_THAT([] { RunLock lock(RunFolder{"/nonexistent/run"}); },
              testing::ThrowsMessage<RecordingError>(HasSubstr("/nonexistent/run")));
}

TEST(SocketAddress, FitsHoweverDeepTheFolderLies) {
  const TestFolder test_folder;
  std::filesystem::path deep = test_folder.path();
  for (int i = 0; i < 4; ++i) {
    deep /= std::string(60, 'd');
  }
  std::filesystem::create_directories(deep);
  ASSERT_GT(deep.string().size(), sizeof(sockaddr_un::sun_path));
  const SocketAddress address(RunFolder{deep});
  EXPECT_EQ(address.zmqEndpoint(), "ipc://" + address.path());

  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  ASSERT_LT(address.path().size(), sizeof(name.sun_path));
  std::strcpy(name.sun_path, address.path().c_str());
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0)
      << std::strerror(errno);
  EXPECT_TRUE(std::filesystem::is_socket(deep / "control.sock"));
  ASSERT_EQ(listen(server, 1), 0);
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  close(client);
  close(server);
  EXPECT_THROW(SocketAddress(RunFolder{test_folder / "missing"}), RecordingError);
}

}  // namespace
}  // namespace limoe::probe::test
